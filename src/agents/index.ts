/**
 * Agents on sellers' machines: pairing, jobs with leases, files by content, folders of accounting programs, printing.
 * Wiring: `workPrint` behind the queue `print`, `matchFiles` behind `agent-files`, `sweepAgents` in `sweep`, `agentConnector` among
 * the connectors, the doors `/agent/v1` in the API.
 */
export { agentConnector, agentConnectorId } from './connector.ts';
export { downloadFile, giveFile, takeFile } from './files.ts';
export { assignPlugin, folderTransfers, matchFiles, selfTest } from './folder.ts';
export { type AgentJob, makeJob, offerJobs } from './jobs.ts';
export { type AgentJobView, type AgentStanding, type AgentView, listAgentJobs, listAgents, readAgentLog } from './list.ts';
export { hearMessage, noteSeen } from './messages.ts';
export {
  type Agent,
  type AgentCaller,
  agentOf,
  askForNewKey,
  confirmAgent,
  giveToken,
  makeCode,
  pair,
  type Refused,
  readAgent,
  rotateKey,
  WrongTries,
} from './pairing.ts';
export { decidePrint, type PrintChoice, type PrintDecision, printTestPage, queuePrints, sweepPrints, workPrint } from './print.ts';
export {
  listRules,
  orderRules,
  type PrintRule,
  type PrintRuleInput,
  type PrintType,
  printRuleLimit,
  removeRule,
  rulesFor,
  saveRule,
} from './print-rules.ts';
export { noticeSilence, removeAgent, revokeAgent, silentMs, sweepAgents } from './watch.ts';
