import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import HintText from '@/parts/HintText.vue'

describe('a hint', () => {
  it('shows what stands in backticks as code, and no backtick', () => {
    const shown = mount(HintText, { props: { text: 'Lower `concurrency`, or wait.' } })

    expect(shown.get('code').text()).toBe('concurrency')
    expect(shown.text().replace(/\s+/g, ' ')).toBe('Lower concurrency, or wait.')
  })

  it('without any is plain text', () => {
    const shown = mount(HintText, { props: { text: 'Uncordon it.' } })

    expect(shown.find('code').exists()).toBe(false)
    expect(shown.text()).toBe('Uncordon it.')
  })
})
