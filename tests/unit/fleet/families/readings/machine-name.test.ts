import { expect, it } from 'vitest'
import { machineName } from '../../../../../src-main/fleet/families/readings/machine-name.ts'

it.each([
  ['Antminer S19k Pro', 'Antminer', 'S19k Pro'],
  ['AntMiner S19 XP', 'Antminer', 'S19 XP'],
  ['Bitmain Antminer S9', 'Antminer', 'S9'],
  ['BlockMiner 720i', 'ePIC', 'BlockMiner 720i'],
  ['Braiins Mini Miner BMM 101', 'Braiins', 'Mini Miner BMM 101'],
  ['Whatsminer M50', 'Whatsminer', 'M50'],
  ['Thing 1', null, 'Thing 1'],
  ['Antminer', 'Antminer', null],
  ['  ', null, null],
  [null, null, null],
])('a machine called %s is made by %s, model %s', (name, make, model) => {
  expect(machineName(name)).toEqual({ make, model })
})
