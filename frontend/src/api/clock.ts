/** The server's clock, so that "running for 12 s" is right on a computer whose own clock is not. */

let offset = 0

/** Learn the difference from an answer's Date header (whole seconds; small differences are left alone). */
export function readServerClock(response: Response): void {
  const date = Date.parse(response.headers.get('Date') ?? '')
  if (Number.isNaN(date)) return
  const difference = date - Date.now()
  offset = Math.abs(difference) > 2_000 ? difference : 0
}

/** Milliseconds since the epoch, as the server would say. */
export function serverNow(): number {
  return Date.now() + offset
}
