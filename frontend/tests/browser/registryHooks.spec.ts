import { expect, test } from './people'

test.use({ person: 'admin', provokes: [422] })

test('a hook is made with a rule, believes a push with its secret, and shows what arrived', async ({ page, request }) => {
  await page.goto('/registry-hooks')
  await page.getByRole('button', { name: /New hook|first hook/ }).first().click()
  await page.getByLabel('Name', { exact: true }).fill('our registry')
  await page.getByRole('button', { name: 'Make the hook' }).click()
  const secret = await page.getByRole('region', { name: 'Secret', exact: true }).innerText()
  const address = await page.getByRole('region', { name: 'Address', exact: true }).innerText()
  await page.getByRole('button', { name: 'I have stored it' }).click()

  await page.getByRole('button', { name: 'Add the first rule' }).click()
  await page.getByLabel('Repositories').fill('team/**')
  await page.getByLabel('Tags').fill('v*')
  await page.getByRole('button', { name: 'Add the rule' }).click()
  await expect(page.getByLabel('Rules')).toContainText('team/**, tags v*')

  const target = { mediaType: 'application/vnd.oci.image.manifest.v1+json', repository: 'team/app', tag: 'latest' }
  const push = { id: 'push-1', timestamp: new Date().toISOString(), action: 'push', target }
  const data = { events: [{ ...push, request: { host: 'registry.example.com', method: 'PUT' } }] }
  const path = new URL(address).pathname
  const refused = await request.post(path, { data, headers: { Authorization: 'wrong' } })
  expect(refused.status()).toBe(401)
  const taken = await request.post(path, { data, headers: { Authorization: secret } })
  expect(taken.ok()).toBe(true)

  await page.reload()
  await expect(page.getByLabel('What arrived')).toContainText('Refused')
  await expect(page.getByLabel('What arrived')).toContainText('Ignored')
})
