import { expect, test } from './people'

test.use({ person: 'olga' })

test('images are found on nodes, and the question of coverage is answered', async ({ page }) => {
  await page.goto('/nodes')
  await page.getByRole('row').nth(1).getByRole('button').first().click()
  await expect(page.getByRole('dialog').getByRole('listitem').first()).toBeVisible()
  await page.keyboard.press('Escape')

  await page.goto('/coverage')
  await page.getByRole('textbox', { name: 'Images', exact: true }).fill('never/pulled:1')
  await expect(page.getByLabel('Answer')).toContainText(/0%/)
  await page.getByRole('button', { name: 'Make a badge' }).click()
  await expect(page.getByRole('region', { name: 'Markdown of the badge' })).toContainText('images warm')
  await expect(page.getByAltText('The badge as it is now')).toBeVisible()
})
