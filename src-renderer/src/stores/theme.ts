/**
 * Dark, light, or whatever the system says. Kept in this browser only; `public/theme.js` applies it before
 * the first paint and must agree with the key and the attribute used here.
 */
import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, watch } from 'vue'

export type ThemeChoice = 'system' | 'dark' | 'light'

const STORAGE_KEY = 'headframe.theme'

function readChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORAGE_KEY)
    return stored === 'dark' || stored === 'light' ? stored : 'system'
  } catch {
    return 'system'
  }
}

export const useThemeStore = defineStore('theme', () => {
  const choice = ref<ThemeChoice>(readChoice())
  const systemDark = window.matchMedia('(prefers-color-scheme: dark)')
  const systemIsDark = ref(systemDark.matches)
  const onSystemChange = (event: MediaQueryListEvent): void => {
    systemIsDark.value = event.matches
  }
  systemDark.addEventListener('change', onSystemChange)
  onScopeDispose(() => systemDark.removeEventListener('change', onSystemChange))

  const resolved = computed<'dark' | 'light'>(() =>
    choice.value === 'system' ? (systemIsDark.value ? 'dark' : 'light') : choice.value,
  )

  watch(
    choice,
    (next) => {
      try {
        if (next === 'system') localStorage.removeItem(STORAGE_KEY)
        else localStorage.setItem(STORAGE_KEY, next)
      } catch {
        // Storage may be forbidden; the choice then lasts for this page only.
      }
    },
    { flush: 'sync' },
  )
  watch(resolved, (theme) => (document.documentElement.dataset.theme = theme), {
    immediate: true,
    flush: 'sync',
  })

  return { choice, resolved }
})
