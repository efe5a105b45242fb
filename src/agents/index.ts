/**
 * Agents on sellers' machines: pairing, jobs with leases, files by content, folders of accounting programs, printing.
 * Wiring: `workPrint` behind the queue `print`, `matchFiles` behind `agent-files`, `sweepAgents` in `sweep`, `agentConnector` among
 * the connectors, the doors `/agent/v1` in the API.
 */
export { agentConnector } from './connector.ts';
export { downloadFile, giveFile, takeFile } from './files.ts';
export { folderTransfers } from './folder.ts';
export { matchFiles } from './found-files.ts';
export { makeJob, offerJobs } from './jobs.ts';
export { type AgentView, listAgentJobs, listAgents, readAgentLog } from './list.ts';
export { hearMessage, noteSeen } from './messages.ts';
export {
  type AgentCaller,
  agentOf,
  askForNewKey,
  confirmAgent,
  giveToken,
  makeCode,
  pair,
  type Refused,
  rotateKey,
  WrongTries,
} from './pairing.ts';
export { assignPlugin, selfTest } from './plugin.ts';
export { decidePrint, type PrintChoice, printTestPage, queuePrints, sweepPrints, workPrint } from './print.ts';
export {
  listRules,
  orderRules,
  type PrintRule,
  removeRule,
  saveRule,
} from './print-rules.ts';
export { noticeSilence, removeAgent, revokeAgent, sweepAgents } from './watch.ts';
