import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/theme.css'
import './styles/page.css'

import { createPinia } from 'pinia'
import { createApp } from 'vue'

import App from './App.vue'
import { router } from './router'
import { useTheme } from './stores/theme'

const app = createApp(App).use(createPinia())
useTheme() // before the first paint
app.use(router).mount('#app')
