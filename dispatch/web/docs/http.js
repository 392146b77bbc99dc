/** Shows what the server answers over HTTP, by its own document. Nothing is asked of another host. */

const bundle = /** @type {any} */ (globalThis).SwaggerUIBundle;

// Without it the page says itself what is missing.
if (bundle !== undefined) {
  bundle({
    url: "/openapi.json",
    dom_id: "#view",
    presets: [bundle.presets.apis],
    validatorUrl: null,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
  });
}
