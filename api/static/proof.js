// Checks a proof of the sealed log in the browser (RFC 9162, 2.1.3.2; signed note, Ed25519), without the server.
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const encoded = (text) => new TextEncoder().encode(text);
const same = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) { whole.set(part, end); end += part.length; }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

async function rootOf(entry, size) {
  let position = entry.index, last = size - 1;
  let found = await sha256(Uint8Array.of(0), encoded(entry.body));
  for (const step of entry.path.map(bytesOf)) {
    if (last <= 0) return null;
    if (position % 2 || position === last) {
      found = await sha256(Uint8Array.of(1), step, found);
      while (position && position % 2 === 0) { position /= 2; last = Math.floor(last / 2); }
    } else found = await sha256(Uint8Array.of(1), found, step);
    position = Math.floor(position / 2); last = Math.floor(last / 2);
  }
  return last === 0 ? found : null;
}

async function isSigned(proof, text, signature) {
  const raw = fromBase64(signature), key = bytesOf(proof.key);
  const named = (await sha256(encoded(proof.name + "\n"), Uint8Array.of(1), key)).slice(0, 4);
  if (!same(named, raw.slice(0, 4))) return false;
  let known;
  try { known = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]); } catch { return null; }
  return crypto.subtle.verify({ name: "Ed25519" }, known, raw.slice(4), encoded(text));
}

async function outcome(proof) {
  const note = /^(([^\n]+)\n(\d+)\n([^\n]+)\n)\n— ([^\n ]+) ([^\n]+)\n$/.exec(proof.checkpoint);
  if (!note || note[2] !== proof.name || note[5] !== proof.name) return "fails";
  for (const entry of proof.entries) {
    const found = await rootOf(entry, Number(note[3]));
    if (!found || !same(found, fromBase64(note[4]))) return "fails";
  }
  const signed = await isSigned(proof, note[1], note[6]);
  return signed === null ? "unsigned" : signed ? "holds" : "fails";
}

for (const place of document.querySelectorAll("[data-proof]")) {
  if (!globalThis.crypto?.subtle) continue;
  outcome(JSON.parse(place.dataset.proof)).catch(() => "fails").then((told) => {
    place.dataset.checked = told;
    for (const one of place.querySelectorAll("[data-outcome]")) one.hidden = one.dataset.outcome !== told;
  });
}
