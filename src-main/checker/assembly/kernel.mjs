/**
 * The kernel's functions and the layout of its memory, as one WebAssembly module. Not the code that drives
 * it: that is `../kernel.ts`, which reads the layout from the module's exported constants.
 *
 * Memory, in bytes. "Lanes" areas hold one word of each of the four lanes every 16 bytes; "shared" areas
 * hold words that all lanes have in common. All words are numbers, that is big-endian words of the message
 * stored little endian.
 *
 *       0  round constants                      lanes, 64 words
 *    1024  schedule of the padding block that follows a 64-byte message; shared, 64 words
 *    1280  initial hash                         shared, 8 words
 *    1312  midstate: where a check or scan starts; shared, 8 words
 *    1344  target, 32 bytes as in the header's order
 *    1376  nonces tried by the last scan, one number
 *    1408  state                                lanes, 8 words
 *    1536  message block                        lanes, 16 words
 *    1792  header                               lanes, 20 words
 *    2112  hashes, 32 bytes a lane, header order
 *    2240  found nonces, 64 numbers
 *    2496  merkle path                          shared, 255 nodes of 8 words
 *   10688  tail, to the end of memory: the blocks of a coinbase from its midstate on, padding included. First
 *          the open ones, which shares change  lanes, 16 words a block
 *          then the fixed ones as schedules     shared, 64 words a block
 *
 * A schedule is what the rounds add for a block that is known beforehand: W(t) + K(t).
 *
 * Exported functions; those that end in Lane take the lane's number times 4 as first argument, those that
 * end in Group do all four lanes at once and exist in the vector module only:
 *
 *   absorb…(blocks)              state = initial hash, then a tail of `blocks` fixed blocks (may be 0)
 *   check…(open, fixed, nodes)   midstate, tail of so many blocks, path and header to hashes; writes words 9
 *                                to 16 of the header
 *   scan…(first, count)          tries nonces from `first`, at least one; found ones are written in ascending
 *                                order, their number returned. Ends early when the list might overflow;
 *                                "nonces tried" says how far it came. Writes the midstate. scanLane works in
 *                                lane 0 only
 *   resume…(first, count)        as scan, from the midstate that lies there: of the header only words 16 to 18
 *                                are read
 */
import {
  addedSchedule,
  compress,
  compressKnown,
  hashDigest,
  INITIAL_HASH,
  K,
  paddingWords,
} from './sha256.mjs'
import {
  call,
  encodeModule,
  i32,
  I32,
  littleEndian,
  local,
  Locals,
  repeatWhile,
  returnWhen,
  when,
} from './wasm-writer.mjs'

const at = {
  roundConstants: 0,
  nodePadding: 1024,
  initialHash: 1280,
  midstate: 1312,
  target: 1344,
  tried: 1376,
  state: 1408,
  message: 1536,
  header: 1792,
  hashes: 2112,
  found: 2240,
  path: 2496,
  tail: 10688,
}

const FOUND_CAPACITY = 64
const MAX_PATH_LENGTH = 255
/** Pages of 64 KiB: tails up to 125 KiB. What no coinbase reaches is never touched. */
const PAGES = 8
/** Of an open block in lanes, and of a fixed block's schedule. */
const TAIL_BLOCK_SIZE = 256

const inEachLane = (word) => [word, word, word, word].flatMap(littleEndian)

const range = (length) => Array.from({ length }, (_, i) => i)

/** Adds a function; its index is how others call it. */
const functionIndex = (functions, func) => functions.push(func) - 1

/** Whether the hash at the address in parameter 0 is at most the target: 1 or 0. Top words are last. */
function meetsTarget() {
  const params = [I32]
  const locals = new Locals(params)
  const [offset, ours, bound] = [locals.add(I32), locals.add(I32), locals.add(I32)]
  const code = [
    local.set(offset, i32.const(28)),
    repeatWhile(i32.leU(local.get(offset), i32.const(28)), [
      local.set(ours, i32.load(i32.add(local.get(0), local.get(offset)), 0)),
      local.set(bound, i32.load(local.get(offset), at.target)),
      returnWhen(i32.ne(local.get(ours), local.get(bound)), i32.ltU(local.get(ours), local.get(bound))),
      local.set(offset, i32.sub(local.get(offset), i32.const(4))),
    ]),
    i32.const(1),
  ]
  return { params, results: [I32], locals: locals.types, code }
}

/** Adds the functions of one dialect. Order matters: a function is called by the index it got. */
function addFunctions(functions, dialect, meetsTargetIndex) {
  const { load, store, shared, constant, laneParams, laneArgs, valueType } = dialect
  const areas = { stateAt: at.state, messageAt: at.message, initialHashAt: at.initialHash }
  const own = (index) => local.get(laneParams.length + index)

  const compressIndex = functionIndex(
    functions,
    compress(dialect, { ...areas, roundConstantsAt: at.roundConstants }),
  )
  const compressKnownIndex = functionIndex(functions, compressKnown(dialect, areas))
  const hashDigestIndex = functionIndex(functions, hashDigest(dialect, { ...areas, compressIndex }))
  const run = (index) => call(index, laneArgs)

  const setState = (sharedAt) => range(8).map((i) => store(at.state + 16 * i, shared(sharedAt + 4 * i)))
  const setWord = (i, value) => store(at.message + 16 * i, value)
  const setPadding = (used, messageBytes) =>
    paddingWords(used, messageBytes).map((word, i) => setWord(used + i, constant(word)))

  const compressFixed = (schedule) => call(compressKnownIndex, laneArgs, schedule)

  /** Does `body` for each address of a tail block in `pointer`, up to but not including `end`. */
  const forTailBlocks = (pointer, end, body) =>
    when(
      i32.ltU(local.get(pointer), local.get(end)),
      repeatWhile(i32.ltU(local.get(pointer), local.get(end)), [
        body,
        local.set(pointer, i32.add(local.get(pointer), i32.const(TAIL_BLOCK_SIZE))),
      ]),
    )
  const tailSize = (blocks) => i32.shl(blocks, Math.log2(TAIL_BLOCK_SIZE))
  const absorbOpen = (pointer, end, blocks) => [
    local.set(end, i32.add(local.get(pointer), tailSize(blocks))),
    forTailBlocks(pointer, end, [
      range(16).map((i) => setWord(i, load(16 * i, local.get(pointer)))),
      run(compressIndex),
    ]),
  ]
  const absorbFixed = (pointer, end, blocks) => [
    local.set(end, i32.add(local.get(pointer), tailSize(blocks))),
    forTailBlocks(pointer, end, compressFixed(local.get(pointer))),
  ]

  /** SHA256d of the txid or root so far and one node of the path. */
  const foldNode = (pointer) => [
    range(8).map((i) => setWord(i, load(at.state + 16 * i))),
    range(8).map((i) => setWord(8 + i, shared(at.path + 4 * i, local.get(pointer)))),
    setState(at.initialHash),
    run(compressIndex),
    compressFixed(i32.const(at.nodePadding)),
    run(hashDigestIndex),
  ]

  const compressHeaderStart = [
    range(16).map((i) => setWord(i, load(at.header + 16 * i))),
    setState(at.initialHash),
    run(compressIndex),
  ]
  /** The last word, the nonce, is given. */
  const hashHeaderEnd = (nonce) => [
    range(3).map((i) => setWord(i, load(at.header + 16 * (16 + i)))),
    setWord(3, nonce),
    setPadding(4, 80),
    run(compressIndex),
    run(hashDigestIndex),
  ]
  const keepMidstate = range(8).map((i) =>
    i32.store(i32.const(0), at.midstate + 4 * i, i32.load(i32.const(0), at.state + 16 * i)),
  )
  const writeHashes = (word) =>
    range(8).map((i) => [
      local.set(word, load(at.state + 16 * i)),
      local.set(word, dialect.swapBytes(word)),
      dialect.scatter(at.hashes + 4 * i, word),
    ])

  const absorb = () => {
    const params = [...laneParams, I32]
    const locals = new Locals(params)
    const [pointer, end] = [locals.add(I32), locals.add(I32)]
    const code = [
      setState(at.initialHash),
      local.set(pointer, i32.const(at.tail)),
      absorbFixed(pointer, end, own(0)),
    ]
    return { params, results: [], locals: locals.types, code }
  }

  const check = () => {
    const params = [...laneParams, I32, I32, I32]
    const locals = new Locals(params)
    const [pointer, end] = [locals.add(I32), locals.add(I32)]
    const word = locals.add(valueType)
    const pathEnd = i32.shl(own(2), 5)
    const code = [
      setState(at.midstate),
      local.set(pointer, i32.const(at.tail)),
      absorbOpen(pointer, end, own(0)),
      absorbFixed(pointer, end, own(1)),
      run(hashDigestIndex),
      local.set(pointer, i32.const(0)),
      when(
        own(2),
        repeatWhile(i32.ltU(local.get(pointer), pathEnd), [
          foldNode(pointer),
          local.set(pointer, i32.add(local.get(pointer), i32.const(32))),
        ]),
      ),
      range(8).map((i) => store(at.header + 16 * (9 + i), load(at.state + 16 * i))),
      compressHeaderStart,
      hashHeaderEnd(load(at.header + 16 * 19)),
      writeHashes(word),
    ]
    return { params, results: [], locals: locals.types, code }
  }

  const scan = (ownMidstate) => {
    const params = [...laneParams, I32, I32]
    const locals = new Locals(params)
    const [tried, found, lane] = [locals.add(I32), locals.add(I32), locals.add(I32)]
    const word = locals.add(valueType)
    const get = local.get
    const first = own(0)
    const count = own(1)
    const index = i32.add(get(tried), get(lane))
    const takeLane = when(
      i32.and(
        i32.ltU(index, count),
        call(meetsTargetIndex, i32.add(i32.const(at.hashes), i32.shl(get(lane), 5))),
      ),
      [
        i32.store(i32.shl(get(found), 2), at.found, i32.add(first, index)),
        local.set(found, i32.add(get(found), i32.const(1))),
      ],
    )
    const code = [
      ownMidstate,
      repeatWhile(
        i32.and(i32.ltU(get(tried), count), i32.leU(get(found), i32.const(FOUND_CAPACITY - dialect.lanes))),
        [
          setState(at.midstate),
          local.set(word, dialect.successive(i32.add(first, get(tried)))),
          hashHeaderEnd(dialect.swapBytes(word)),
          local.set(word, load(at.state + 16 * 7)),
          // Nearly every group ends here. Only the top words were compared: equality there is no verdict.
          when(dialect.anyAtMost(dialect.swapBytes(word), shared(at.target + 28)), [
            writeHashes(word),
            local.set(lane, i32.const(0)),
            repeatWhile(i32.ltU(get(lane), i32.const(dialect.lanes)), [
              takeLane,
              local.set(lane, i32.add(get(lane), i32.const(1))),
            ]),
          ]),
          local.set(tried, i32.add(get(tried), i32.const(dialect.lanes))),
        ],
      ),
      // The last group may reach beyond the range; lanes beyond it were not taken.
      i32.store(i32.const(0), at.tried, i32.select(get(tried), count, i32.ltU(get(tried), count))),
      get(found),
    ]
    return { params, results: [I32], locals: locals.types, code }
  }

  functions.push({ ...absorb(), exportAs: `absorb${dialect.suffix}` })
  functions.push({ ...check(), exportAs: `check${dialect.suffix}` })
  functions.push({ ...scan([compressHeaderStart, keepMidstate]), exportAs: `scan${dialect.suffix}` })
  functions.push({ ...scan([]), exportAs: `resume${dialect.suffix}` })
}

/** The module with the functions of the given dialects. @returns {Uint8Array} */
export function buildKernel(dialects) {
  const functions = []
  const meetsTargetIndex = functionIndex(functions, meetsTarget())
  for (const dialect of dialects) addFunctions(functions, dialect, meetsTargetIndex)
  const nodePadding = addedSchedule(paddingWords(0, 64))
  return encodeModule({
    functions,
    constants: {
      roundConstantsAt: at.roundConstants,
      midstateAt: at.midstate,
      targetAt: at.target,
      triedAt: at.tried,
      stateAt: at.state,
      headerAt: at.header,
      hashesAt: at.hashes,
      foundAt: at.found,
      pathAt: at.path,
      maxPathLength: MAX_PATH_LENGTH,
      tailAt: at.tail,
    },
    pages: PAGES,
    data: [
      { at: at.roundConstants, bytes: K.flatMap(inEachLane) },
      { at: at.nodePadding, bytes: nodePadding.flatMap(littleEndian) },
      { at: at.initialHash, bytes: INITIAL_HASH.flatMap(littleEndian) },
    ],
  })
}
