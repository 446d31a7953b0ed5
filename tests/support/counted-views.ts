/** Live views that know how many follow them. */
import { LiveListView, LiveValueView } from '../../src-main/api/index.ts'
import { type LiveList, type LiveValue } from '../../src-preload/contract/index.ts'

/** A live value that knows how many follow it. */
export class CountedValueView<T> extends LiveValueView<T> {
  followers = 0

  override async *follow(signal?: AbortSignal): AsyncGenerator<LiveValue<T>, void, void> {
    this.followers++
    try {
      yield* super.follow(signal)
    } finally {
      this.followers--
    }
  }
}

/** A live list that knows how many follow it. */
export class CountedListView<T extends { readonly id: string }> extends LiveListView<T> {
  followers = 0

  override async *follow(signal?: AbortSignal): AsyncGenerator<LiveList<T>, void, void> {
    this.followers++
    try {
      yield* super.follow(signal)
    } finally {
      this.followers--
    }
  }
}
