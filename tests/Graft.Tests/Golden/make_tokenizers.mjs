// Makes small tokenizers and what the JavaScript library of Hugging Face makes of texts with them, and digests for real files with BERT's own vocabulary.
//   npm install --ignore-scripts @huggingface/tokenizers@0.2.0      (somewhere on the way up from here, or name it in TOKENIZERS)
//   node make_tokenizers.mjs                    Text/*.json, Text/vocab.txt, tokenizers.json
//   GRAFT_DATA=folder node make_tokenizers.mjs  and tokenizers_real.tsv
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { Tokenizer } = await import(process.env.TOKENIZERS ?? "@huggingface/tokenizers");
const here = new URL(".", import.meta.url).pathname;
mkdirSync(join(here, "Text"), { recursive: true });

// Many scripts, accents in both forms, ideographs, emoji with joiners, control characters, long words, odd spaces, contractions and numbers.
const texts = [
  "The quick brown fox jumps over the lazy dog, doesn't it?",
  "We've seen 3 foxes and 1,024 dogs; they'll see 65536 more!",
  "  leading and   inner    spaces \t tab\nline\r\nend  ",
  "",
  " ",
  "a",
  "Crème brûlée naïve façade São Tomé Ærøskøbing Łódź İstanbul",
  "Cre\u0300me bru\u0302le\u0301e, a\u0328\u0301 a\u0301\u0328, q\u0307\u0323 q\u0323\u0307",
  "Größe, Straße und Übermut: der Käse ist 500 g schwer.",
  "Быстрая коричневая лиса прыгает через ленивую собаку. Ёжик!",
  "Η γρήγορη καφέ αλεπού πηδάει πάνω από το σκυλί",
  "敏捷的棕色狐狸跳过懒狗。素早い茶色の狐がのろまな犬を飛び越える。",
  "빠른 갈색 여우가 게으른 개를 뛰어넘는다. \u1112\u1161\u11ab\u1100\u1173\u11af",
  "الثعلب البني السريع يقفز فوق الكلب الكسول ١٢٣",
  "השועל החום המהיר קופץ מעל הכלב העצלן",
  "तेज भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है ४५६",
  "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ",
  "Emoji 😀😃 family 👨‍👩‍👧‍👦 flag 🇩🇪 skin 👍🏽 heart ❤️ keycap 1️⃣",
  "control \u0000\u0001\u0007 bytes \u007f zero\u200bwidth\u200d soft\u00adhyphen \ufffd replacement",
  "spaces\u00a0no-break\u2003em\u3000ideographic\u2009thin\u202fnarrow",
  "ﬁne ﬂow ½ ² Ⅷ ﷺ ｆｕｌｌｗｉｄｔｈ ① ㎏ ﾊﾝｶｸ ｶﾞ",
  "x".repeat(99) + " " + "y".repeat(100) + " " + "z".repeat(101) + " antidisestablishmentarianism",
  "e-mail: a.b@c.org, http://example.org/path?q=1&r=2#top (see [1], {2}, <3>).",
  "snake_case camelCase HTTPServer v2.0 x86_64 C++ C# 100% $5.00 №7 §8",
  "quotes \"double\" 'single' “curly” ‘curly’ «guillemets» … — – - ‐",
  "I'M SHOUTING! I'd've said: CAN'T WON'T shan't y'all 'tis rock'n'roll",
  "math ∑ ∫ √2 ≠ ∞ 𝒜𝓑𝔠 𝟘𝟙𝟚 x² + y₃",
  "[CLS] this is not [MASK] but [SEP] text <s> and </s> <mask> <|endoftext|> tokens[MASK]touching",
  "\n\n\nlines\n\n  after\n lines \n",
  "ends with a space ",
  "tabs\t\tand\u000bvertical\u000cfeeds",
  "deeply unbelievable unaffable reunderstandings of the foxes' dogginess",
  "123456789012345678901234567890 12 3 4567 ٣٤٥٦ 3.14159",
  "mixed中文and日本語and한국어words",
  "...!!!???---___***",
];
const pairs = [["The quick brown fox", "jumps over the lazy dog."], ["Crème brûlée", "狐狸"], ["", "second alone"], ["one [SEP] two", " and three"]];
const corpus = [...texts.filter((t) => !t.includes("xxxx")), "the fox and the dog see the other foxes and dogs and they are quick and lazy",
  "understanding understandable unbelievable believing the lazy foxes jumping and jumped over", "brown spaces text tokens words lines after before over under"];

// ---- vocabularies ----
const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const count = (items) => {
  const counts = new Map();
  for (const i of items) counts.set(i, (counts.get(i) ?? 0) + 1);
  return counts;
};
const most = (counts, n) => [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, n).map(([k]) => k);

// WordPiece: every letter of most scripts, at the beginning and inside, and frequent beginnings and ends of words.
function wordPieces(lower) {
  const fold = (t) => (lower ? t.toLowerCase().normalize("NFD").replace(/\p{Mn}/gu, "") : t);
  const words = corpus.flatMap((t) => fold(t).match(/[\p{L}\p{M}\p{N}]+|[\p{P}\p{S}]/gu) ?? []);
  const chars = [...new Set(words.flatMap((w) => [...w]))].filter((c) => !/[\u0e00-\u0e7fﷺ𝒜𝓑⅐-ↈ]/u.test(c)).sort();
  const starts = most(count(words.flatMap((w) => [2, 3, 4, 5, 8].filter((n) => w.length >= n).map((n) => w.slice(0, n)))), 250);
  const ends = most(count(words.flatMap((w) => [2, 3, 4].filter((n) => w.length > n).map((n) => "##" + w.slice(-n)))), 200);
  return [...new Set([...special, ...chars, ...chars.filter((c) => /[\p{L}\p{N}]/u.test(c)).map((c) => "##" + c), ...starts, ...ends])];
}

// Byte pairs: merges learned on pieces, most frequent pair first.
function bytePairs(pieces, units, n, suffix = "") {
  const words = most(count(pieces), Infinity).map((w) => {
    const u = units(w);
    u[u.length - 1] += suffix;
    return u;
  });
  const weights = [...count(pieces).values()].sort((a, b) => b - a);
  const merges = [];
  for (let m = 0; m < n; m++) {
    const counts = new Map();
    words.forEach((w, i) => w.slice(1).forEach((u, k) => counts.set(`${w[k]} ${u}`, (counts.get(`${w[k]} ${u}`) ?? 0) + weights[i])));
    const [best] = most(counts, 1);
    if (!best || counts.get(best) < 2) break;
    merges.push(best);
    const [a, b] = best.split(" ");
    for (const w of words) for (let k = 0; k + 1 < w.length; k++) if (w[k] === a && w[k + 1] === b) w.splice(k, 2, a + b);
  }
  return merges;
}

const bytes = (() => {
  const seen = (b) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let hidden = 0;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(seen(b) ? b : 256 + hidden++));
})();
const inBytes = (t) => [...new TextEncoder().encode(t)].map((b) => bytes[b]);
const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const llama3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const clip = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
const numbered = (tokens) => Object.fromEntries(tokens.map((t, i) => [t, i]));
const added = (tokens, vocab, more = {}) => tokens.map((t) => ({ id: vocab[t], content: t, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...more[t] }));
const define = (parts) => ({ version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...parts });

const tokenizers = {};
{
  const lines = wordPieces(true), uncased = numbered(lines), cased = numbered(wordPieces(false));
  const model = (vocab) => ({ type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab });
  const template = (v) => ({
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "[CLS]", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "[SEP]", type_id: 0 } }],
    pair: [{ SpecialToken: { id: "[CLS]", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "[SEP]", type_id: 0 } },
      { Sequence: { id: "B", type_id: 1 } }, { SpecialToken: { id: "[SEP]", type_id: 1 } }],
    special_tokens: { "[CLS]": { id: "[CLS]", ids: [v["[CLS]"]], tokens: ["[CLS]"] }, "[SEP]": { id: "[SEP]", ids: [v["[SEP]"]], tokens: ["[SEP]"] } },
  });
  tokenizers["wordpiece-uncased"] = define({
    added_tokens: added(special, uncased), model: model(uncased), post_processor: template(uncased), pre_tokenizer: { type: "BertPreTokenizer" },
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  });
  tokenizers["wordpiece-cased"] = define({
    added_tokens: added(special, cased), model: model(cased), pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", cased["[SEP]"]], cls: ["[CLS]", cased["[CLS]"]] },
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: false },
    decoder: { type: "WordPiece", prefix: "##", cleanup: false },
  });
  writeFileSync(join(here, "Text", "vocab.txt"), lines.join("\n") + "\n");
}
{
  const pieces = corpus.flatMap((t) => (t.match(new RegExp(gpt2, "gu")) ?? []).map((p) => inBytes(p).join("")));
  const merges = bytePairs(pieces, (w) => [...w], 500);
  const vocab = numbered([...bytes, ...merges.map((m) => m.replace(" ", "")), "<|endoftext|>"]);
  const model = { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: "", end_of_word_suffix: "", fuse_unk: false, vocab, merges };
  tokenizers["bytes-gpt2"] = define({
    added_tokens: added(["<|endoftext|>"], vocab), model, pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
    post_processor: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false }, decoder: { type: "ByteLevel" },
  });
  const names = ["<s>", "<pad>", "</s>", "<unk>", ...Object.keys(vocab), "<mask>"], other = numbered(names);
  tokenizers["bytes-roberta"] = define({
    added_tokens: added(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], other, { "<mask>": { lstrip: true } }),
    model: { ...model, vocab: other, merges: merges.map((m) => m.split(" ")) }, decoder: { type: "ByteLevel" },
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
    post_processor: { type: "RobertaProcessing", sep: ["</s>", other["</s>"]], cls: ["<s>", other["<s>"]], trim_offsets: true, add_prefix_space: true },
  });
  tokenizers["bytes-llama3"] = define({
    added_tokens: added(["<|endoftext|>"], vocab), model: { ...model, ignore_merges: true }, decoder: { type: "ByteLevel" },
    pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Split", pattern: { Regex: llama3 }, behavior: "Isolated", invert: false },
      { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false }] },
    post_processor: { type: "Sequence", processors: [{ type: "ByteLevel", add_prefix_space: true, trim_offsets: false }, {
      type: "TemplateProcessing", single: [{ SpecialToken: { id: "<|endoftext|>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [{ SpecialToken: { id: "<|endoftext|>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "<|endoftext|>", type_id: 1 } }, { Sequence: { id: "B", type_id: 1 } }],
      special_tokens: { "<|endoftext|>": { id: "<|endoftext|>", ids: [vocab["<|endoftext|>"]], tokens: ["<|endoftext|>"] } } }] },
  });
  const lower = corpus.flatMap((t) => (t.normalize("NFC").replace(/\s+/gu, " ").toLowerCase().match(new RegExp(clip, "gu")) ?? []).map((p) => inBytes(p).join("")));
  const clipMerges = bytePairs(lower, (w) => [...w], 300, "</w>");
  const clipVocab = numbered([...bytes, ...bytes.map((b) => b + "</w>"), ...clipMerges.map((m) => m.replace(" ", "")), "<|startoftext|>", "<|endoftext|>"]);
  tokenizers["bytes-clip"] = define({
    added_tokens: added(["<|startoftext|>", "<|endoftext|>"], clipVocab),
    normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }, { type: "Replace", pattern: { Regex: "\\s+" }, content: " " }, { type: "Lowercase" }] },
    pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Split", pattern: { Regex: clip }, behavior: "Removed", invert: true }, { type: "ByteLevel", add_prefix_space: false, trim_offsets: true }] },
    post_processor: { type: "RobertaProcessing", sep: ["<|endoftext|>", clipVocab["<|endoftext|>"]], cls: ["<|startoftext|>", clipVocab["<|startoftext|>"]], trim_offsets: false, add_prefix_space: false },
    decoder: { type: "ByteLevel" }, model: { type: "BPE", dropout: null, unk_token: "<|endoftext|>", continuing_subword_prefix: "", end_of_word_suffix: "</w>", fuse_unk: false, vocab: clipVocab, merges: clipMerges },
  });
}
{
  // Byte pairs over characters with bytes for those that have no token, as Llama 2 has it.
  const pieces = corpus.flatMap((t) => ("\u2581" + t.replaceAll(" ", "\u2581")).match(/\u2581?[^\u2581]+/gu) ?? []);
  const chars = most(count(pieces.flatMap((p) => [...p])), 150);
  const known = new Set(chars);
  const merges = bytePairs(pieces.filter((p) => [...p].every((c) => known.has(c))), (w) => [...w], 300);
  const fallback = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const vocab = numbered(["<unk>", "<s>", "</s>", ...fallback, ...chars, ...merges.map((m) => m.replace(" ", ""))]);
  tokenizers["characters-llama2"] = define({
    added_tokens: added(["<unk>", "<s>", "</s>"], vocab),
    normalizer: { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "\u2581" }, { type: "Replace", pattern: { String: " " }, content: "\u2581" }] },
    post_processor: { type: "TemplateProcessing", single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "<s>", type_id: 1 } }, { Sequence: { id: "B", type_id: 1 } }],
      special_tokens: { "<s>": { id: "<s>", ids: [vocab["<s>"]], tokens: ["<s>"] } } },
    decoder: { type: "Sequence", decoders: [{ type: "Replace", pattern: { String: "\u2581" }, content: " " }, { type: "ByteFallback" }, { type: "Fuse" }, { type: "Strip", content: " ", start: 1, stop: 0 }] },
    model: { type: "BPE", dropout: null, unk_token: "<unk>", continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: true, vocab, merges },
  });
}
{
  // Unigram: characters and frequent parts of words, with scores from how often they occur.
  const pieces = corpus.flatMap((t) => ("\u2581" + t.normalize("NFKC").replaceAll(" ", "\u2581")).match(/\u2581[^\u2581]*/gu) ?? []);
  const parts = count(pieces.flatMap((p) => [2, 3, 4, 5, 6].flatMap((n) => Array.from({ length: Math.max(0, p.length - n + 1) }, (_, i) => p.slice(i, i + n))))
    .filter((p) => p.isWellFormed() && p.lastIndexOf("\u2581") <= 0));
  const chars = most(count(pieces.flatMap((p) => [...p])), 170);
  const total = pieces.join("").length, often = count(pieces.flatMap((p) => [...p]));
  const score = (n) => Math.round(Math.log(n / total) * 1e6) / 1e6;
  const vocab = [["<pad>", 0], ["</s>", 0], ["<unk>", 0], ...chars.map((c) => [c, score(often.get(c))]), ...most(parts, 500).map((p) => [p, score(parts.get(p)) + 1.5 * [...p].length - 2])];
  const ids = Object.fromEntries(vocab.map(([t], i) => [t, i]));
  tokenizers["unigram-t5"] = define({
    added_tokens: added(["<pad>", "</s>", "<unk>"], ids), normalizer: { type: "Sequence", normalizers: [{ type: "NFKC" }, { type: "Strip", strip_left: false, strip_right: true }, { type: "Replace", pattern: { Regex: " {2,}" }, content: "\u2581" }] },
    pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Metaspace", replacement: "\u2581", add_prefix_space: true }] },
    post_processor: { type: "TemplateProcessing", single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
      pair: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }, { Sequence: { id: "B", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
      special_tokens: { "</s>": { id: "</s>", ids: [1], tokens: ["</s>"] } } },
    decoder: { type: "Metaspace", replacement: "\u2581", add_prefix_space: true }, model: { type: "Unigram", unk_id: 2, vocab },
  });
  tokenizers["unigram-nfd"] = define({
    added_tokens: added(["<pad>", "</s>", "<unk>"], ids),
    normalizer: { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "StripAccents" }, { type: "NFKD" }, { type: "Lowercase" }, { type: "Replace", pattern: { String: "``" }, content: '"' }] },
    pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "first" },
    decoder: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "first" }, model: { type: "Unigram", unk_id: 2, vocab },
  });
}

const golden = {};
for (const [name, definition] of Object.entries(tokenizers)) {
  writeFileSync(join(here, "Text", `${name}.json`), JSON.stringify(definition));
  const tokenizer = new Tokenizer(definition, { clean_up_tokenization_spaces: false });
  const run = ([text, pair]) => {
    const { ids, tokens, token_type_ids } = tokenizer.encode(text, { text_pair: pair ?? null, return_token_type_ids: true });
    return { text, pair, ids, tokens, types: token_type_ids, decoded: ids.length ? tokenizer.decode(ids, { skip_special_tokens: true }) : "" };
  };
  // The library loses the second text where nothing puts it somewhere.
  golden[name] = [...texts.map((t) => [t]), ...(definition.post_processor && name !== "bytes-gpt2" ? pairs : [])].map(run);
}
writeFileSync(join(here, "tokenizers.json"), JSON.stringify(golden).replaceAll('{"text"', '\n{"text"'));

// ---- the four forms of all characters, alone and with marks ----
{
  let all = "";
  for (let c = 0x80; c <= 0x10ffff; c++) if (c < 0xd800 || c > 0xdfff) all += String.fromCodePoint(c) + (c % 3 ? "" : "\u0301\u0323");
  const forms = ["NFC", "NFD", "NFKC", "NFKD"].map((f) => [f, createHash("sha256").update(all.normalize(f), "utf8").digest("hex")]);
  writeFileSync(join(here, "unicode_forms.json"), JSON.stringify(Object.fromEntries(forms), null, 1) + "\n");
}

// ---- real files: the number of tokens and a digest of all of them, read as Latin-1 line by line ----
if (process.env.GRAFT_DATA) {
  const data = process.env.GRAFT_DATA;
  const bert = new Tokenizer(JSON.parse(readFileSync(join(data, "bert_vocab", "tokenizer.json"), "utf8")), {});
  const rows = [];
  for (const folder of ["sentence_cls7", "fdu_mtl"]) {
    for (const file of readdirSync(join(data, folder)).sort().filter((f) => f !== "LICENSE")) {
      const lines = readFileSync(join(data, folder, file), "latin1").split("\n");
      const hash = createHash("sha256");
      let tokens = 0;
      for (const line of lines) {
        const { ids } = bert.encode(line);
        tokens += ids.length;
        hash.update(Buffer.from(Int32Array.from(ids).buffer));
      }
      rows.push(`${folder}/${file}\t${lines.length}\t${tokens}\t${hash.digest("hex")}`);
    }
  }
  writeFileSync(join(here, "tokenizers_real.tsv"), rows.join("\n") + "\n");
}
