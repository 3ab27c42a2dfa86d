import { expect, test } from './people'

test.use({ person: 'olga', provokes: [422] })

test('a schedule is made while its next runs are shown, is run, paused, and makes tasks', async ({ page }) => {
  await page.goto('/schedules/new')
  await page.getByLabel('Name', { exact: true }).fill('nightly')
  await page.getByLabel('When', { exact: true }).fill('0 2')
  await expect(page.getByRole('alert')).toContainText('five fields')
  await page.getByLabel('When', { exact: true }).fill('30 2 * * *')
  await page.getByLabel('Time zone').fill('Asia/Shanghai')
  await expect(page.getByLabel('Next runs').getByRole('row')).toHaveCount(11)
  await expect(page.getByLabel('Next runs')).toContainText('02:30')
  await page.getByLabel('Images', { exact: true }).fill('nginx:1.27')
  await page.getByText('By name', { exact: true }).click()
  await page.getByLabel('Node names').fill('node-001')
  await page.getByRole('button', { name: 'Make the schedule' }).click()

  await expect(page.getByRole('heading', { name: 'nightly' })).toBeVisible()
  await expect(page.getByText('It has not run yet')).toBeVisible()
  await page.getByRole('button', { name: 'Run now' }).click()
  const run = page.getByRole('row').filter({ hasText: 'run now, by olga' })
  await expect(run).toBeVisible()
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  await run.getByRole('link', { name: 'Task' }).last().click()

  await expect(page).toHaveURL(/\/tasks\/[0-9a-f-]{36}/)
  await page.getByRole('link', { name: /^schedule nightly/ }).click()
  await expect(page.getByRole('heading', { name: 'nightly' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  await page.getByRole('link', { name: '‹ Schedules' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'nightly' })).toContainText('Paused')
})

test.describe('a viewer', () => {
  test.use({ person: 'vera' })

  test('sees schedules, and no button to make one', async ({ page }) => {
    await page.goto('/schedules')

    await expect(page.getByRole('heading', { name: 'Schedules' })).toBeVisible()
    await expect(page.getByRole('status').filter({ hasText: /^Loading/ })).toHaveCount(0)
    await expect(page.getByRole('button', { name: /New schedule|first schedule|Run now/ })).toHaveCount(0)
    await page.goto('/schedules/new')
    await expect(page).toHaveURL(/\/tasks$/)
  })
})
