/** Sorting for the rig table, by TanStack Table. Which columns are drawn is decided beside it, by width. */
import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/vue-table'
import { computed, type ComputedRef, type Ref } from 'vue'
import { RIG_COLUMNS, type RigColumnId } from './rig-columns.ts'
import type { FleetRow } from './rig-rows.ts'

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
})

const helper = createColumnHelper<typeof features, FleetRow>()
const columns = helper.columns(
  RIG_COLUMNS.map((column) =>
    helper.accessor((row) => column.sortValue(row), {
      id: column.id,
      // Names hold numbers that people count by: rig-2 stands before rig-10.
      sortFn: column.id === 'name' ? 'alphanumeric' : 'basic',
      sortDescFirst: column.firstSort === 'desc',
      sortUndefined: 'last',
    }),
  ),
)

export interface RigSort {
  id: string
  desc: boolean
}

export interface RigTable {
  /** Sorted. */
  rows: ComputedRef<readonly FleetRow[]>
  sort: ComputedRef<RigSort | undefined>
  toggleSort(id: RigColumnId): void
}

export function useRigTable(data: Readonly<Ref<readonly FleetRow[]>>): RigTable {
  const table = useTable({
    features,
    columns,
    data,
    getRowId: (row: FleetRow) => row.id,
    enableSortingRemoval: false,
    enableMultiSort: false,
    initialState: { sorting: [{ id: 'name', desc: false }] },
  })
  const rows = computed(() => table.getRowModel().rows.map((row) => row.original))

  return {
    rows,
    sort: computed(() => table.atoms.sorting.get()[0]),
    toggleSort(id) {
      table.getColumn(id)?.toggleSorting()
    },
  }
}
