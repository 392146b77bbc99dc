/** The words of the pages: every language has every sentence with the same places, and every sentence that a page says is there. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const WEB = new URL("../../dispatch/web/", import.meta.url);
const LANGUAGES = ["en", "fr", "ar"];
const raw = Object.fromEntries(LANGUAGES.map((name) => [name, readFileSync(new URL(`texts/${name}.json`, WEB), "utf8")]));
const texts = Object.fromEntries(LANGUAGES.map((name) => [name, JSON.parse(raw[name])]));
const sources = readdirSync(WEB, { recursive: true })
  .filter((file) => file.endsWith(".js") && !file.startsWith("vendor") && !file.startsWith("docs"))
  .map((file) => ({ file, code: readFileSync(new URL(file, WEB), "utf8") }));

const places = (sentence) => [...sentence.matchAll(/\{(\w+)/g)].map(([, name]) => name).sort();
const choices = (sentence) => [...sentence.matchAll(/\{\w+\|([^{}]*)\}/g)].map(([, forms]) => forms.split("|").map((form) => form.split(":")[0]));

test("every language has the same sentences, sorted", () => {
  for (const name of LANGUAGES) {
    assert.deepEqual(Object.keys(texts[name]), Object.keys(texts.en), name);
    assert.equal(raw[name], `${JSON.stringify(Object.fromEntries(Object.entries(texts[name]).sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`, name);
  }
});

test("a sentence has the same places in every language, and no empty words", () => {
  for (const name of LANGUAGES) {
    for (const [key, sentence] of Object.entries(texts[name])) {
      assert.notEqual(sentence.trim(), "", `${name} ${key}`);
      assert.deepEqual([...new Set(places(sentence))], [...new Set(places(texts.en[key]))], `${name} ${key}`);
    }
  }
});

test("what is counted has all the forms that its language has", () => {
  const wanted = { en: ["one", "other"], fr: ["one", "other"], ar: ["few", "many", "one", "other", "two", "zero"] };
  for (const name of LANGUAGES) {
    for (const [key, sentence] of Object.entries(texts[name])) {
      for (const forms of choices(sentence)) {
        for (const form of wanted[name]) assert.ok(forms.includes(form), `${name} ${key} has no form ${form}`);
      }
    }
  }
});

test("every sentence that a page says is there", () => {
  let found = 0;
  for (const { file, code } of sources) {
    for (const [, key] of code.matchAll(/\bsay\(\s*"(\w+\.[\w.]+)"/g)) {
      found += 1;
      assert.ok(key in texts.en, `${file} says ${key}`);
    }
    for (const [, key] of code.matchAll(/"((?:shell|login|passenger|driver|desk|map|sandbox|client|error)\.[a-z]\w*)"/g)) {
      found += 1;
      assert.ok(key in texts.en || /\.(js|css|json|html)$/.test(key), `${file} says ${key}`);
    }
  }
  assert.ok(found > 20);
});
