export { explainCrash, runHeadless } from './main.ts'
