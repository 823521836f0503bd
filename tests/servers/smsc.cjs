"use strict";
// A carrier's SMSC (SMPP 3.4) for the tests: prints what is submitted, delivers what it is told on its standard input.
const smpp = require("smpp");
let peer = null;
let number = 0;
const server = smpp.createServer((session) => {
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    session.send(pdu.response());
    peer = session;
    console.log(JSON.stringify({ bound: pdu.system_id }));
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => session.send(pdu.response()));
  session.on("submit_sm", (pdu) => {
    number += 1;
    const id = String(number);
    session.send(pdu.response({ message_id: id }));
    const sm = pdu.short_message;
    const text = typeof sm.message === "string" ? sm.message : sm.message.toString("hex");
    console.log(JSON.stringify({ submitted: text, from: pdu.source_addr, to: pdu.destination_addr, dcs: pdu.data_coding, udh: Boolean(sm.udh) }));
    if (pdu.registered_delivery & 1) {
      const stat = pdu.destination_addr.endsWith("13") ? "UNDELIV" : "DELIVRD";
      const receipt = `id:${id} sub:001 dlvrd:001 submit date:2611220900 done date:2611220901 stat:${stat} err:000 text:`;
      session.deliver_sm({ source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4, short_message: receipt });
    }
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log(JSON.stringify({ listening: true })));
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const said = JSON.parse(line);
  peer.deliver_sm({ source_addr: said.from, destination_addr: said.to, data_coding: said.coding, short_message: said.text });
});
process.stdin.on("end", () => process.exit(0));
