export { type CloseKind, type CloseReason, type Connection } from './connection-types.ts'
