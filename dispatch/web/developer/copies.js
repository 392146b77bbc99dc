/**
 * The same connection as text to copy. A token stands in a header or a subprotocol, never in an address.
 */

export const LANGUAGES = /** @type {const} */ (["wscat", "javascript", "python", "dart"]);
/** What stands for the token where it is only shown. */
export const HIDDEN = "…";

/**
 * @typedef {typeof LANGUAGES[number]} Language
 * @typedef {{ url: string, token: string | null }} Socket `token`: null where nobody logs in
 */

/**
 * A program, or a command, that connects, pings and prints what comes.
 *
 * @param {Language} language
 * @param {Socket} socket
 * @returns {string}
 */
export function copyOf(language, { url, token }) {
  return { wscat, javascript, python, dart }[language](url, token);
}

/** @param {string} url @param {string | null} token */
function wscat(url, token) {
  if (token === null) return `npx wscat -c ${url}\n`;
  return `TOKEN=${token}\nnpx wscat -c ${url} -H "Authorization: Bearer $TOKEN"\n`;
}

/** @param {string} url @param {string | null} token */
function javascript(url, token) {
  const shown = token === null ? "" : `const token = "${token}";\n`;
  const protocols = token === null ? "" : ', ["dispatch.v1", `bearer.${token}`]';
  return `// Node.js 22 or newer, or a browser. Node.js 20: node --experimental-websocket FILE
${shown}const socket = new WebSocket("${url}"${protocols});
const pings = setInterval(() => socket.readyState === 1 && socket.send(JSON.stringify({ type: "ping" })), 5000);
socket.onmessage = ({ data }) => console.log(data);
socket.onclose = ({ code }) => {
  clearInterval(pings);
  console.log("closed", code);
};
`;
}

/** @param {string} url @param {string | null} token */
function python(url, token) {
  const shown = token === null ? "" : `TOKEN = "${token}"\n\n\n`;
  const headers = token === null ? "" : ', additional_headers={"Authorization": f"Bearer {TOKEN}"}';
  return `# pip install websockets
import asyncio
import json

from websockets.asyncio.client import connect

${shown}async def main():
    async with connect("${url}"${headers}) as socket:
        await socket.send(json.dumps({"type": "ping"}))
        async for frame in socket:
            print(frame, flush=True)


asyncio.run(main())
`;
}

/** @param {string} url @param {string | null} token */
function dart(url, token) {
  const shown = token === null ? "" : `const token = '${token}';\n\n`;
  const headers = token === null ? "" : ", headers: {'Authorization': 'Bearer $token'}";
  return `import 'dart:async';
import 'dart:convert';
import 'dart:io';

${shown}Future<void> main() async {
  final socket = await WebSocket.connect('${url}'${headers});
  final pings = Timer.periodic(const Duration(seconds: 5), (_) => socket.add(jsonEncode({'type': 'ping'})));
  await for (final frame in socket) {
    print(frame);
  }
  pings.cancel();
  print('closed \${socket.closeCode}');
}
`;
}
