// Signs in the browser with a key file that never leaves it (Ed25519, RFC 8032; PKCS 8, RFC 8410).
const PKCS8 = "302e020100300506032b657004220420";
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const hexOf = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

function keyBytes(text) {
  const plain = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(plain)) return bytesOf(PKCS8 + plain);
  const pem = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(plain);
  if (!pem) throw new Error("no key");
  return fromBase64(pem[1].replace(/\s/g, ""));
}

async function sign(place, file) {
  const key = await crypto.subtle.importKey("pkcs8", keyBytes(await file.text()), { name: "Ed25519" }, false, ["sign"]);
  return hexOf(await crypto.subtle.sign({ name: "Ed25519" }, key, fromBase64(place.dataset.signing)));
}

for (const place of document.querySelectorAll("[data-signing]")) {
  if (!globalThis.crypto?.subtle) continue;
  place.querySelector("[data-scripted]").hidden = false;
  const chosen = place.querySelector("[data-key]");
  chosen.addEventListener("change", async () => {
    let done = "no";
    try {
      place.querySelector("input[type=text]").value = await sign(place, chosen.files[0]);
      done = "yes";
    } catch { /* told below */ }
    for (const one of place.querySelectorAll("[data-told]")) one.hidden = one.dataset.told !== done;
    chosen.value = "";
  });
}
