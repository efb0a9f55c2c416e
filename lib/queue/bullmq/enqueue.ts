/** Handing in a task. */
import { Job } from "bullmq";
import { jobIdOf, jobIdsOf } from "../../redis/job_id.ts";
import type { TaskRecord, TaskRequest } from "../../task/record.ts";
import { parseTime } from "../../task/time.ts";
import { dueAt } from "../../task/transitions.ts";
import { encodeNew, newRecord } from "../new_record.ts";
import type { Enqueued } from "../task_queue.ts";
import type { BullmqContext } from "./context.ts";
import { asTask, findJob } from "./read_tasks.ts";
