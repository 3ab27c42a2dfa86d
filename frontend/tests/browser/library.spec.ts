import { expect, status, test } from './people'

test.use({ person: 'olga', provokes: [422] })

test('a list of images is made, mended, and started as a task', async ({ page }) => {
  await page.goto('/library')
  await page.getByRole('button', { name: /New list|first list/ }).first().click()
  await page.getByLabel('Name', { exact: true }).fill('release 2.4')
  await page.getByRole('textbox', { name: 'Images', exact: true }).fill('nginx:1.27\n\nREDIS:7')
  await page.getByRole('button', { name: 'Make the list' }).click()
  await expect(page.getByRole('alert')).toContainText('Line 3')
  await page.getByRole('textbox', { name: 'Images', exact: true }).fill('nginx:1.27\nredis:7')
  await page.getByRole('button', { name: 'Make the list' }).click()
  const row = page.getByRole('row').filter({ hasText: 'release 2.4' })
  await expect(row).toContainText('2 images')

  await row.getByRole('button', { name: 'Edit' }).click()
  await expect(page.getByRole('textbox', { name: 'Images', exact: true })).toHaveValue('nginx:1.27\nredis:7')
  await page.getByRole('textbox', { name: 'Images', exact: true }).fill('nginx:1.27\nredis:7\nbusybox:1.37')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(row).toContainText('3 images')

  await row.getByRole('link', { name: 'New task' }).click()
  await page.getByText('By name', { exact: true }).click()
  await page.getByLabel('Node names').fill('node-001')
  await expect(page.getByLabel('Preview')).toContainText(/3 images on [01] of \d+ nodes/)
  await page.getByRole('button', { name: 'Start the task' }).click()
  const anyway = page.getByRole('button', { name: 'Start it anyway' })
  await Promise.race([page.waitForURL(/\/tasks\/[0-9a-f-]{36}/), anyway.waitFor()])
  if (await anyway.isVisible()) await anyway.click()

  await expect(status(page)).toContainText('nginx:1.27 + 2 more')
})

test.describe('a viewer', () => {
  test.use({ person: 'vera' })

  test('sees the lists, and no button to change them', async ({ page }) => {
    await page.goto('/library')

    await expect(page.getByRole('heading', { name: 'Image lists' })).toBeVisible()
    await expect(page.getByRole('status').filter({ hasText: /^Loading/ })).toHaveCount(0)
    await expect(page.getByRole('button', { name: /New list|first list|Edit|Delete/ })).toHaveCount(0)
  })
})
