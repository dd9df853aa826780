// Reads one job a line: {"do": "seal" | "open" | "sign", "by": "wechat-crypto" | "wecom", …}; answers one line each.
"use strict";
process.noDeprecation = true; // the older of the two is from the days of `new Buffer`
const readline = require("node:readline");
const WXBizMsgCrypt = require("wechat-crypto");
const wecom = require("@wecom/crypto");

const [token, key, id] = process.argv.slice(2);
const older = new WXBizMsgCrypt(token, key, id);
const peers = {
  "wechat-crypto": {
    seal: ({ text }) => older.encrypt(text),
    open: ({ sealed }) => older.decrypt(sealed),
    sign: ({ timestamp, nonce, sealed }) => older.getSignature(timestamp, nonce, sealed),
  },
  wecom: {
    seal: ({ text }) => wecom.encrypt(key, text, id),
    open: ({ sealed }) => wecom.decrypt(key, sealed),
    sign: ({ timestamp, nonce, sealed }) => wecom.getSignature(token, timestamp, nonce, sealed),
  },
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const job = JSON.parse(line);
  const done = peers[job.by][job.do](job);
  process.stdout.write(JSON.stringify(typeof done === "string" ? done : { message: done.message, id: done.id }) + "\n");
});
