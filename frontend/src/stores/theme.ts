import { defineStore } from 'pinia'
import { ref, watchEffect } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'ips-theme'

/** Light, dark, or as the system says. The choice is remembered in this browser. */
export const useTheme = defineStore('theme', () => {
  const choice = ref<Theme>(remembered())
  const system = window.matchMedia('(prefers-color-scheme: dark)')
  const systemIsDark = ref(system.matches)
  system.addEventListener('change', (event) => (systemIsDark.value = event.matches))

  watchEffect(() => {
    const dark = choice.value === 'dark' || (choice.value === 'auto' && systemIsDark.value)
    document.documentElement.classList.toggle('dark', dark)
  })

  function choose(theme: Theme): void {
    choice.value = theme
    localStorage.setItem(KEY, theme)
  }

  return { choice, choose }
})

function remembered(): Theme {
  const stored = localStorage.getItem(KEY)
  return stored === 'light' || stored === 'dark' ? stored : 'auto'
}
