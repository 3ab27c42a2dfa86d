import { describe, expect, it } from 'vitest'

import { parseImages, parseNames } from '@/tasks/imageList'

const images = (text: string) => parseImages(text).entries.map((entry) => entry.image)

describe('a list of images', () => {
  it.each([
    ['one per line', 'nginx:1.27\nredis:7'],
    ['with empty lines and blanks', '\n  nginx:1.27  \n\n\tredis:7\n'],
    ['from Windows', 'nginx:1.27\r\nredis:7\r\n'],
    ['separated by commas', 'nginx:1.27, redis:7'],
    ['from kubectl -o jsonpath', 'nginx:1.27 redis:7'],
    ['as YAML', '- nginx:1.27\n- "redis:7"'],
    ['as lines of a manifest', '      - image: nginx:1.27\n        image: redis:7'],
    ['as JSON', '["nginx:1.27", "redis:7"]'],
    ['with comments', '# web\nnginx:1.27 # the front\nredis:7'],
  ])('is read %s', (_form, text) => {
    expect(images(text)).toEqual(['nginx:1.27', 'redis:7'])
  })

  it('keeps digests, ports and paths as they are', () => {
    const reference = `registry.example.com:5000/team/app:2.4.1@sha256:${'a'.repeat(64)}`

    expect(images(reference)).toEqual([reference])
  })

  it('knows on which line an image stands', () => {
    const { entries } = parseImages('nginx:1.27\n\n# later\nredis:7')

    expect(entries).toEqual([
      { image: 'nginx:1.27', line: 1 },
      { image: 'redis:7', line: 4 },
    ])
  })

  it('counts an image once, and says where it is repeated', () => {
    const list = parseImages('nginx:1.27\nredis:7\nnginx:1.27')

    expect(list.entries).toHaveLength(2)
    expect(list.repeated).toEqual([{ image: 'nginx:1.27', line: 3 }])
  })

  it('leaves a wrong name for the server to judge', () => {
    expect(images('NGINX:latest\n-bad')).toEqual(['NGINX:latest', '-bad'])
  })

  it('is empty for an empty field', () => {
    expect(parseImages(' \n# nothing\n').entries).toEqual([])
  })
})

describe('a list of node names', () => {
  it('takes what `kubectl get nodes -o name` prints', () => {
    expect(parseNames('node/a\nnode/b\nnode/a')).toEqual(['a', 'b'])
  })
})
