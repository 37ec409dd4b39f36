// A server of OPC UA: node server.mjs ADDRESS PORT FOLDER POLICIES MODES, the last two
// with commas in between. Its key and certificate stand in FOLDER.
import { OPCUACertificateManager } from "node-opcua-certificate-manager";
import { MessageSecurityMode, SecurityPolicy } from "node-opcua-secure-channel";
import { OPCUAServer } from "node-opcua-server";

const [host, port, folder, policies, modes] = process.argv.slice(2);
const store = (name) => new OPCUACertificateManager({ rootFolder: `${folder}/${name}`, automaticallyAcceptUnknownCertificate: true });
const server = new OPCUAServer({
  host,
  hostname: host,
  port: Number(port),
  resourcePath: "/laboratory",
  buildInfo: { productName: "Laboratory" },
  securityPolicies: policies.split(",").map((name) => SecurityPolicy[name]),
  securityModes: modes.split(",").map((name) => MessageSecurityMode[name]),
  serverCertificateManager: store("own"),
  userCertificateManager: store("users"),
});
await server.start();
