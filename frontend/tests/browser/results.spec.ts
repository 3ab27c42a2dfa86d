import { expect, firstRow, startTask, status, test } from './people'

test('one node’s images can be looked at, and a link leads back to them', async ({ page }) => {
  await startTask(page, 'redis:7\npostgres:17', 'pool=gpu')
  await expect(status(page)).toContainText(/Succeeded|Partly warm/, { timeout: 60_000 })
  await page.getByRole('button', { name: /^Succeeded/ }).click()
  await firstRow(page).click()

  const drawer = page.getByRole('dialog')
  await expect(drawer.getByText('postgres:17')).toBeVisible()
  await expect(drawer.getByText(/Pulled|Already present/).first()).toBeVisible()
  await expect(page).toHaveURL(/status=succeeded/)
  await page.reload()

  await expect(drawer.getByText('postgres:17')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(drawer).toBeHidden()
})

test('the list finds a task by its name and its status', async ({ page }) => {
  await startTask(page, 'redis:7.2-found', 'pool=gpu')
  await expect(status(page)).toContainText(/Succeeded|Partly warm/, { timeout: 60_000 })

  await page.goto('/tasks')
  await page.getByLabel('Search names and images').fill('7.2-found')
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.getByRole('button', { name: 'Cancelled' }).click()
  await expect(page.getByText('No task matches')).toBeVisible()
  await expect(page).toHaveURL(/q=7.2-found/)
  await page.getByRole('button', { name: 'Clear the filters' }).click()

  await expect(page.getByRole('link', { name: 'redis:7.2-found' })).toBeVisible()
})
