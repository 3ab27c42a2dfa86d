/**
 * The API's nouns under the names that the UI uses. Only this file and client.ts know the generated schema.
 *
 * The schema leaves JSON columns open: those are written out here.
 */
import type { components } from './schema'

type Schemas = components['schemas']
type With<Schema, Known> = Omit<Schema, keyof Known> & Known

interface TaskLists {
  images: string[]
  pull_secrets: string[]
}

export type Me = Schemas['Me']
export type Role = Schemas['RoleEnum']
/** What may be done, as accounts/permissions.yaml names it. */
export type Permission = Schemas['PermissionEnum']
export type TaskRequest = Schemas['TaskRequestRequest']
export type Task = With<Schemas['Task'], TaskLists>
export type TaskDetail = With<Schemas['TaskDetail'], TaskLists & { node_names: string[] }>
export type TaskStatus = Schemas['TaskStatusEnum']
/** What made a task. */
export type Trigger = Schemas['TriggerEnum']
export type Counts = Schemas['Counts']
export type ReasonGroup = Schemas['ReasonGroup']
export type NodeResult = Schemas['NodeResultSchema']
export type NodeStatus = Schemas['NodeStatusEnum']
export type ImageResult = Schemas['ImageOnNode']
/** `''` while the image has no verdict yet. */
export type Outcome = ImageResult['outcome']
export type TaskEvent = With<Schemas['Event'], { data: Record<string, unknown> }>
export type Node = With<Schemas['Node'], { labels: Record<string, string>; taints: Record<string, string>[] }>
export type Problem = Schemas['Problem']
export type Intake = Schemas['Me']['intake']
export type Settings = Schemas['Settings']
export type SettingValues = Schemas['Values']
export type SettingName = keyof SettingValues
export type SettingsRequest = Schemas['PatchedSettingsRequestRequest']
export type ApiKey = Schemas['ApiKey']
export type NewApiKey = Schemas['NewApiKey']
export type ApiKeyRequest = Schemas['ApiKeyRequestRequest']
/** What an API key may do. */
export type Scope = Schemas['ScopesEnum']
/** Where somebody is signed in. */
export type Session = Required<Schemas['Session']>
export type User = Schemas['User']
export type NewUser = Schemas['NewUser']
export type UserRequest = Schemas['UserRequestRequest']
export type UserChange = Schemas['PatchedUserChangeRequest']
export type ResetLink = Schemas['ResetLink']
export type Tenant = Schemas['Tenant']
export type TenantRequest = Schemas['TenantRequestRequest']
export type TenantChange = Schemas['PatchedTenantChangeRequest']
export type TenantUsage = Schemas['TenantUsage']
export type Member = Schemas['Member']
export type MemberRequest = Schemas['MemberRequestRequest']
export type ImageList = Schemas['ImageList']
export type ImageListLine = Schemas['ImageListLine']
export type ImageListRequest = Schemas['ImageListRequestRequest']
export type ImageListChange = Schemas['PatchedImageListChangeRequest']
export type Webhook = Schemas['Webhook']
/** With its secret, which no other answer has. */
export type WebhookMade = Schemas['WebhookMade']
export type WebhookRequest = Schemas['WebhookRequestRequest']
export type WebhookChange = Schemas['PatchedWebhookChangeRequest']
export type WebhookKind = Schemas['WebhookKindEnum']
/** What can be told. */
export type EventName = Schemas['EventsEnum']
export type Language = Schemas['LanguageEnum']
export type Delivery = Schemas['Delivery']
export type DeliveryDetail = Schemas['DeliveryDetail']
export type DeliveryStatus = Schemas['DeliveryStatusEnum']
export type Redelivered = Schemas['Redelivered']
/** One try of a delivery. */
export type Attempt = Schemas['Attempt']
/** A cron rule that makes tasks. */
export type Schedule = With<Schemas['Schedule'], { task: TaskRequest }>
export type ScheduleRequest = Schemas['ScheduleRequestRequest']
export type ScheduleChange = Schemas['PatchedScheduleChangeRequest']
export type ScheduleRun = Schemas['Run']
export type RuleRequest = Schemas['RuleRequestRequest']
export type SchedulePreview = Schemas['RulePreview']
export type Overlap = Schemas['OverlapEnum']
export type RunOutcome = Schemas['RunOutcomeEnum']
/** A stretch by a cron rule in which pulls may start, or may not. */
export type PullWindow = SettingValues['pull_windows'][number]
/** Where a registry tells what was pushed. */
export type RegistryHook = Schemas['RegistryHook']
/** With its address and its secret, which no other answer has. */
export type RegistryHookMade = Schemas['RegistryHookMade']
export type RegistryHookRequest = Schemas['RegistryHookRequestRequest']
export type RegistryHookChange = Schemas['PatchedRegistryHookChangeRequest']
export type RegistryKind = Schemas['RegistryKindEnum']
export type HookRule = Schemas['HookRule']
export type HookRuleRequest = Schemas['HookRuleRequestRequest']
export type Rotation = Schemas['RotationRequest']
export type Tried = Schemas['Tried']
export type Arrival = Schemas['Arrival']
export type ArrivalOutcome = Schemas['ArrivalOutcomeEnum']
export type Gathering = Schemas['Gathering']
export type GatheringStatus = Schemas['GatheringStatusEnum']
export type PinState = Gathering['pin']
/** Images that stay warm by themselves. */
export type Policy = Schemas['Policy']
export type PolicyRequest = Schemas['PolicyRequestRequest']
export type PolicyChange = Schemas['PatchedPolicyChangeRequest']
export type PolicyPreviewRequest = Schemas['PolicyPreviewRequestRequest']
export type PolicyPreview = Schemas['PolicyPreview']
export type PolicyState = Schemas['PolicyStateEnum']
export type PolicyTask = NonNullable<PolicyRequest['task']>
export type WorkloadKind = NonNullable<NonNullable<Policy['follow']>['kinds']>[number]
export type WorkloadsAnswer = Schemas['WorkloadsAnswer']
export type MissingNode = Schemas['MissingNodeSchema']
export type MissingImage = Schemas['MissingImageSchema']
/** A name under which nodes list an image, and on how many it is. */
export type ImageSpread = Schemas['ImageSpread']
export type ImageKind = ImageSpread['kind']
export type ImageOfNode = Schemas['ImageOfNode']
export type NodeOfImage = Schemas['NodeOfImage']
export type Presence = ImageOfNode['presence']
export type Coverage = Schemas['Coverage']
export type NotReady = Schemas['NotReady']
export type BadgeLink = Schemas['BadgeLink']
export type BadgeRequest = Schemas['BadgeRequestRequest']
export type AuditEntry = With<Schemas['Audit'], { before: Changed; after: Changed }>
export type AuditOutcome = Schemas['AuditOutcomeEnum']
type Changed = Record<string, unknown> | null

export type TaskChanges = With<Schemas['ChangesAnswer'], { task: TaskDetail; events: TaskEvent[] }>
export type Preview = Schemas['Preview']
export type PreviewImage = Schemas['PreviewImage']

export interface Page<Row> {
  count: number
  next?: string | null
  previous?: string | null
  results: Row[]
}

/** A page of something long: nobody counts it, and `next` leads on. */
export type LongPage<Row> = Omit<Page<Row>, 'count'>
