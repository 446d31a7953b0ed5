import { describe, expect, it } from 'vitest'
import { fromHex, HeadframeError } from '../../../../src-main/base/index.ts'
import {
  asBlockHash,
  BIP320_MASK,
  difficultyOfTarget,
  type Job,
  type JobId,
  type ShareChecker,
  targetOfDifficulty,
} from '../../../../src-main/mining/index.ts'
import {
  formatJobName,
  JobBoard,
  type JobLine,
  jobNameOf,
  jobNumberOf,
  notifyLine,
  reissueLine,
} from '../../../../src-main/proxy/shares/job-board.ts'
import { FloodGate } from '../../../../src-main/proxy/downstream/flood-gate.ts'
import { parseJobNumber } from '../../../../src-main/sv1/index.ts'

const NOW_MS = 1_700_000_000_000
const line = (id: string, poolId = id): JobLine => ({ id, poolId, floodGate: new FloodGate() })
const A = line('a')
const B = line('b')

class NotedChecker implements ShareChecker {
  readonly known = new Set<number>()
  fails = false
  addJob({ id }: Job): void {
    if (this.fails) throw new HeadframeError('checker/bad-job', 'no')
    this.known.add(id)
  }
  removeJob(jobId: JobId): void {
    this.known.delete(jobId)
  }
  offer(): boolean {
    return true
  }
  flush(): void {}
}

function job(id: number, changes: Partial<Job> = {}): Job {
  return {
    id: id as JobId,
    upstreamJobId: 'x',
    tip: { prevHash: asBlockHash(fromHex('0001020304050607'.repeat(4))), nBits: 0x1d00ffff, minNtime: 1000 },
    version: 0x20ffe000,
    versionRollingMask: BIP320_MASK,
    ntime: 1000,
    coinbasePrefix: fromHex('aabb'),
    coinbaseSuffix: fromHex('ccdd'),
    merklePath: [new Uint8Array(32).fill(0x11)],
    extranonce: { prefix: fromHex('eeff'), rollableSize: 8 },
    target: targetOfDifficulty(16),
    cleanJobs: true,
    receivedAtMs: NOW_MS,
    ...changes,
  }
}

describe('the name of a job', () => {
  it('holds issue and re-issue, and is read back', () => {
    for (const name of [
      { sequence: 1, reissue: 0 },
      { sequence: 255, reissue: 255 },
      { sequence: 0xffffff, reissue: 1 },
    ]) {
      expect(jobNameOf(parseJobNumber(formatJobName(name)))).toEqual(name)
    }
    expect(jobNameOf(-1)).toBeUndefined()
  })
})

describe('an issue', () => {
  it('is known by its number and to the checker', () => {
    const checker = new NotedChecker()
    const board = new JobBoard(checker)
    const first = board.issue(job(1), A, true, NOW_MS)
    const second = board.issue(job(2), A, false, NOW_MS)
    expect([first.sequence, second.sequence]).toEqual([1, 2])
    expect(board.find(2)).toBe(second)
    expect(board.find(3)).toBeUndefined()
    expect([...checker.known]).toEqual([1, 2])
    expect(first.poolDifficulty).toBe(difficultyOfTarget(targetOfDifficulty(16)))
    expect(first.staleBecause).toBeNull()
  })

  it('is found by its name also when names have come round', () => {
    const board = new JobBoard(new NotedChecker(), 0xffffff)
    const [last, first] = [board.issue(job(1), A, true, NOW_MS), board.issue(job(2), A, false, NOW_MS)]
    expect([last, first].map(({ sequence }) => sequence)).toEqual([0xffffff, 0x1000000])
    const named = [last, first].map(({ sequence }) => jobNameOf(jobNumberOf(sequence, 7)))
    expect(named).toEqual([
      { sequence: 0xffffff, reissue: 7 },
      { sequence: 0, reissue: 7 },
    ])
    expect(named.map((name) => board.find(name!.sequence))).toEqual([last, first])
  })

  it('of a job that cannot be hashed does not come about', () => {
    const checker = new NotedChecker()
    checker.fails = true
    const board = new JobBoard(checker)
    expect(() => board.issue(job(1), A, true, NOW_MS)).toThrow(HeadframeError)
    expect(board.find(1)).toBeUndefined()
  })

  it('of the same job again has a later time than rigs can have been given for it', () => {
    const board = new JobBoard(new NotedChecker())
    const times = [0, 0, 900, 59_400, 120_000].map(
      (afterMs) => board.issue(job(1), A, false, NOW_MS + afterMs).ntime - 1000,
    )
    expect(times).toEqual([0, 1, 2, 61, 122])
    expect(board.issue(job(2), A, true, NOW_MS + 500_000).ntime).toBe(1000)
  })

  it('is forgotten after 255 more, and its job with it, unless it was issued again', () => {
    const checker = new NotedChecker()
    const board = new JobBoard(checker)
    board.issue(job(1), A, true, NOW_MS)
    board.issue(job(2), A, true, NOW_MS)
    board.issue(job(1), A, false, NOW_MS)
    for (let n = 3; n < 257; n++) board.issue(job(n), A, false, NOW_MS)
    expect(board.find(1)).toBeUndefined()
    expect(board.find(2)).toBeDefined()
    expect(checker.known.has(1)).toBe(true)
    board.issue(job(300), A, false, NOW_MS)
    expect(checker.known.has(2)).toBe(false)
    expect(checker.known.has(1)).toBe(true)
  })
})

describe('retiring', () => {
  it('makes every issue of a job stale, with the first reason given, and frees the checker', () => {
    const checker = new NotedChecker()
    const board = new JobBoard(checker)
    const issues = [1, 2, 1, 3].map((id) => board.issue(job(id), A, true, NOW_MS))
    board.retire([1 as JobId, 99 as JobId], 'new-block')
    board.retire([1 as JobId, 2 as JobId], 'pool-switched')
    expect(issues.map(({ staleBecause }) => staleBecause)).toEqual([
      'new-block',
      'pool-switched',
      'new-block',
      null,
    ])
    expect([...checker.known]).toEqual([3])
  })

  it('of a pool leaves the jobs of others alone', () => {
    const board = new JobBoard(new NotedChecker())
    const a = board.issue(job(1), A, true, NOW_MS)
    const b = board.issue(job(2), B, true, NOW_MS)
    board.retirePool('a', 'pool-changed')
    expect([a.staleBecause, b.staleBecause]).toEqual(['pool-changed', null])
  })

  it('of a line leaves the other lines of its pool alone', () => {
    const board = new JobBoard(new NotedChecker())
    const one = board.issue(job(1), line('a/r1', 'a'), true, NOW_MS)
    const two = board.issue(job(2), line('a/r2', 'a'), true, NOW_MS)
    board.retireLine('a/r1', 'pool-switched')
    expect([one.staleBecause, two.staleBecause]).toEqual(['pool-switched', null])
    expect([one.poolId, one.lineId]).toEqual(['a', 'a/r1'])
  })
})

describe('very many lines', () => {
  it('each keep a few issues, and all of them together few', () => {
    const checker = new NotedChecker()
    const board = new JobBoard(checker)
    let jobId = 0
    const last: number[] = []
    for (let round = 0; round < 8; round++) {
      for (let n = 0; n < 2000; n++) {
        last[n] = board.issue(job(++jobId), line(`a/r${n}`, 'a'), false, NOW_MS).sequence
      }
    }
    expect(checker.known.size).toBe(4 * 2000)
    expect(last.every((sequence) => board.find(sequence) !== undefined)).toBe(true)
  })

  it('that are gone are forgotten when there are too many', () => {
    const checker = new NotedChecker()
    const board = new JobBoard(checker)
    for (let n = 1; n <= 6000; n++) {
      board.issue(job(n), line(`a/r${n}`, 'a'), true, NOW_MS)
      board.retireLine(`a/r${n}`, 'pool-switched')
    }
    expect(board.find(6000)).toBeDefined()
    expect(board.find(1)).toBeUndefined()
  })
})

describe('a notify line', () => {
  const paramsOf = (line: string | Uint8Array): unknown[] => {
    const text = typeof line === 'string' ? line : new TextDecoder().decode(line)
    expect(text.endsWith('\n')).toBe(true)
    return (JSON.parse(text) as { params: unknown[] }).params
  }

  it('folds what belongs to the pool into coinb1 and clears the bits that rigs may roll', () => {
    const issued = new JobBoard(new NotedChecker()).issue(job(1), A, true, NOW_MS)
    expect(paramsOf(notifyLine(issued, 4, true))).toEqual([
      '100',
      '0302010007060504'.repeat(4),
      'aabbeeff00000000',
      'ccdd',
      ['11'.repeat(32)],
      '20000000',
      '1d00ffff',
      '000003e8',
      true,
    ])
    expect(paramsOf(notifyLine(issued, 8, false)).slice(2, 3)).toEqual(['aabbeeff'])
  })

  it('is made once for all rigs of a layout', () => {
    const issued = new JobBoard(new NotedChecker()).issue(job(1), A, true, NOW_MS)
    expect(notifyLine(issued, 8, true)).toBe(notifyLine(issued, 8, true))
    expect(notifyLine(issued, 8, false)).not.toBe(notifyLine(issued, 8, true))
    expect(notifyLine(issued, 4, true)).not.toBe(notifyLine(issued, 8, true))
  })

  it('for a re-issue has another name and time, and is never clean', () => {
    const issued = new JobBoard(new NotedChecker()).issue(job(1), A, true, NOW_MS)
    const params = paramsOf(reissueLine(issued, 3, 1007, 8))
    expect([params[0], params[7], params[8]]).toEqual(['103', '000003ef', false])
  })
})
