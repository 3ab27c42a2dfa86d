import { counted, expect, firstRow, startTask, status, test } from './people'

test('a task that fails says why, and what to do', async ({ page }) => {
  await startTask(page, 'missing/image:none')

  await expect(status(page)).toContainText('Failed', { timeout: 60_000 })
  const reason = page.getByRole('button', { name: /Image not found/ })
  const group = page.getByRole('listitem').filter({ has: reason })
  await expect(group).toContainText(/Check the name and the tag/)
  await group.getByText('Which nodes, and where to look').click()
  await expect(group.getByLabel('Nodes with this reason')).toContainText('node-001')
  await expect(group.getByLabel('Command to look closer').first()).toContainText('kubectl ')
  await reason.click()
  await expect(page).toHaveURL(/reason=image_not_found/)
  await firstRow(page).click()
  await expect(page.getByRole('dialog')).toContainText('missing/image:none')
  await expect(page.getByRole('dialog')).toContainText(/not found/)
})

test('what failed is tried again in a new task', async ({ page }) => {
  await startTask(page, 'missing/again:none')
  await expect(status(page)).toContainText('Failed', { timeout: 60_000 })
  const failed = await counted(page, 'Failed')
  const first = page.url()

  await page.getByRole('button', { name: /^Retry/ }).click()

  await expect(page).not.toHaveURL(first)
  await expect(page.getByRole('link', { name: 'retry of an earlier task' })).toBeVisible()
  await expect(page.getByText(`of ${failed} nodes done`)).toBeVisible()
})

test('a task is cancelled after a question', async ({ page }) => {
  await startTask(page, 'hang/for-ever:1')
  await expect(status(page)).toContainText('Running')

  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await page.getByRole('button', { name: 'Cancel the task' }).click()

  await expect(status(page)).toContainText('Cancelled', { timeout: 60_000 })
  await expect(page.getByRole('button', { name: 'Cancel', exact: true })).toBeHidden()
})

test('a task is paused and goes on', async ({ page }) => {
  await startTask(page, 'slow/steady:1')

  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(status(page)).toContainText('Paused')
  await page.getByRole('button', { name: 'Resume' }).click()

  await expect(status(page)).toContainText('Running')
  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await page.getByRole('button', { name: 'Cancel the task' }).click()
  await expect(status(page)).toContainText(/Cancel/)
})
