import { join } from 'node:path';
import { expect, test } from 'vitest';
import { schemaModule } from './sdkSchema.ts';

test('the types of the SDK are those of the server (npx vitest run test/clients/sdk -u renews them)', async () => {
  const file = join(import.meta.dirname, '../../client/src/schema.ts');
  await expect(await schemaModule()).toMatchFileSnapshot(file);
});
