/** The name of the jobs' task. */
export const TASK = "bench";

/** Where a handler keeps the result and the notification; a job run twice fails on the first. */
export const TABLES = `
  create table results (job_id text primary key, result text not null);
  create table notifications (
    conversation_id text not null,
    id bigint generated always as identity,
    body text not null,
    primary key (conversation_id, id)
  );
`;

/** Both in one statement, which is one flush for the two. */
export const FINISH = `
  with kept as (insert into results (job_id, result) values ($1, $2))
  insert into notifications (conversation_id, body) values ($3, $4)
`;
