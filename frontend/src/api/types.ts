/** The API's nouns under the names that the UI uses. Only this file and client.ts know the generated schema. */
import type { components } from './schema'

type Schemas = components['schemas']

export type Me = Schemas['Me']
export type Role = Schemas['Membership']['role']
export type TaskRequest = Schemas['TaskRequest']
export type Task = Schemas['Task']
export type TaskDetail = Schemas['TaskDetail']
export type TaskStatus = Task['status']
export type Counts = Schemas['Counts']
export type ReasonGroup = Schemas['ReasonGroup']
export type NodeResult = Schemas['NodeResult']
export type NodeStatus = NodeResult['status']
export type ImageResult = Schemas['ImageResult']
/** `''` while the image has no verdict yet. */
export type Outcome = ImageResult['outcome']
export type TaskEvent = Schemas['TaskEvent']
export type TaskChanges = Schemas['TaskChanges']
export type Preview = Schemas['Preview']
export type Node = Schemas['Node']
export type Problem = Schemas['Problem']

export interface Page<Row> {
  count: number
  next?: string | null
  previous?: string | null
  results: Row[]
}
