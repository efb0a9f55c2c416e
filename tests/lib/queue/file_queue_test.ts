import { openTestStorage, TempDir } from "../../support/storage_fixture.ts";
import { testQueueContract } from "./queue_contract.ts";

for (const durability of ["relaxed", "full"] as const) {
  testQueueContract(`file engine, ${durability}`, async (test) => {
    await using dir = await TempDir.make();
    const [one, two] = await Promise.all([
      openTestStorage(dir.path, { durability }),
      openTestStorage(dir.path, { durability, service_id: "service-b" }),
    ]);
    try {
      const { notifications } = one;
      const unread = (conversation_id: string) => notifications.unread(conversation_id);
      const show = async (conversation_id: string) => {
        for (const each of await unread(conversation_id)) await notifications.acknowledge(each);
      };
      await test({ queue: one.queue, other: two.queue, unread, show });
    } finally {
      one.close();
      two.close();
    }
  });
}
