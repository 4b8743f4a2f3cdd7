// Writes unicode-forms.txt: what Unicode says of decomposition and of the order of marks. Run: node make-unicode-forms.mjs
// D code parts: canonical decomposition, put together again by composition; S the same, never put together again;
// K code parts: compatibility decomposition where it is another; M class first-last ...: canonical combining classes.
// Hangul syllables follow a formula and are left out.
import { writeFileSync } from "node:fs";

const hex = (c) => c.toString(16).toUpperCase();
const codes = (s) => [...s].map((c) => c.codePointAt(0));
const isHangul = (c) => c >= 0xac00 && c <= 0xd7a3;
const all = [];
for (let c = 0x80; c <= 0x10ffff; c++) {
  if ((c < 0xd800 || c > 0xdfff) && !isHangul(c) && !(c >= 0xe000 && c <= 0xf8ff) && c < 0xf0000) all.push(c);
}

const lines = [`# Unicode ${process.versions.unicode}: decompositions and combining classes, made by make-unicode-forms.mjs`];
for (const c of all) {
  const s = String.fromCodePoint(c), d = s.normalize("NFD"), k = s.normalize("NFKD");
  if (d !== s) lines.push(`${s.normalize("NFC") === s ? "D" : "S"} ${hex(c)} ${codes(d).map(hex).join(" ")}`);
  if (k !== d) lines.push(`K ${hex(c)} ${codes(k).map(hex).join(" ")}`);
}

// A mark of each class (their values are fixed by the stability policy); two marks change places where the class of the first is greater.
const known = { 1: 0x334, 6: 0x16ff0, 7: 0x93c, 8: 0x3099, 9: 0x94d, 10: 0x5b0, 11: 0x5b1, 12: 0x5b2, 13: 0x5b3, 14: 0x5b4, 15: 0x5b5, 16: 0x5b6, 17: 0x5b7,
  18: 0x5b8, 19: 0x5b9, 20: 0x5bb, 21: 0x5bc, 22: 0x5bd, 23: 0x5bf, 24: 0x5c1, 25: 0x5c2, 26: 0xfb1e, 27: 0x64b, 28: 0x64c, 29: 0x64d, 30: 0x64e, 31: 0x64f,
  32: 0x650, 33: 0x651, 34: 0x652, 35: 0x670, 36: 0x711, 84: 0xc55, 91: 0xc56, 103: 0xe38, 107: 0xe48, 118: 0xeb8, 122: 0xec8, 129: 0xf71, 130: 0xf72,
  132: 0xf74, 202: 0x321, 214: 0x1dce, 216: 0x31b, 218: 0x302a, 220: 0x316, 222: 0x59a, 224: 0x302e, 226: 0x1d16d, 228: 0x5ae, 230: 0x300, 232: 0x315,
  233: 0x35c, 234: 0x35d, 240: 0x345 };
const swaps = (a, b) => {
  const s = String.fromCodePoint(a, b);
  return s.normalize("NFD") !== s && s.normalize("NFD") === String.fromCodePoint(b, a);
};
const ranges = {};
for (const c of all) {
  if (!/\p{M}/u.test(String.fromCodePoint(c)) || String.fromCodePoint(c).normalize("NFD") !== String.fromCodePoint(c)) continue;
  const values = Object.keys(known).map(Number);
  const greater = values.filter((v) => swaps(known[v], c)), less = values.filter((v) => swaps(c, known[v]));
  if (greater.length + less.length === 0) continue;
  const own = values.filter((v) => !greater.includes(v) && !less.includes(v));
  if (own.length !== 1) throw new Error(`no class for ${hex(c)}: ${own}`);
  const list = (ranges[own[0]] ??= []);
  if (list.length && list.at(-1)[1] === c - 1) list.at(-1)[1] = c;
  else list.push([c, c]);
}
for (const v of Object.keys(ranges)) lines.push(`M ${v} ${ranges[v].map(([a, b]) => `${hex(a)}-${hex(b)}`).join(" ")}`);
writeFileSync(new URL("unicode-forms.txt", import.meta.url), lines.join("\n") + "\n");
