import { calculateJwkThumbprint, CompactSign, type CryptoKey, exportJWK, generateKeyPair } from 'jose';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Action, approvalOptions, withEdits } from '@missions/contracts/approval/action.ts';
import { askedRepresentation, type InputRequest } from '@missions/contracts/approval/input-request.ts';
import type { ReceiptContent, ReceiptKeys } from '@missions/contracts/approval/receipt.ts';
import { claimsOf, RECEIPT, signReceipt } from './receipt.ts';
import { verifyReceipt } from './verify.ts';

interface Signer {
  readonly privateKey: CryptoKey;
  readonly kid: string;
  readonly x: string;
}
async function signer(): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(RECEIPT.alg, { crv: 'Ed25519' });
  const { x = '' } = await exportJWK(publicKey);
  return { privateKey, x, kid: await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x }) };
}
const published = (...signers: Signer[]): ReceiptKeys => ({
  keys: signers.map(({ kid, x }) => ({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' })),
});

const ID = '0190a000-0000-7000-8000-000000000001';
const AT = '2026-06-01T12:00:00.000Z';
const question = (prompt: string, action: Action): InputRequest =>
  askedRepresentation({
    ...{ id: ID, customer_id: 'acme', user_id: 'ada', mission_id: ID, task_id: null, conversation_id: '' },
    ...{ prompt, options: [...approvalOptions], allow_freeform: true, context: { seen: prompt }, urgency: 'normal' },
    ...{ expires_at: AT, default_option: null, remind_at: null, created_at: AT, action },
  });
const approvalOf = (prompt: string, action: Action, effective_action: Action): ReceiptContent => ({
  question: question(prompt, action),
  option: 'approve',
  effective_action,
  responded_by: 'ada',
  via: 'api',
  responded_at: AT,
});

const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('\\u'));
const fields = fc.dictionary(fc.string({ unit: 'grapheme' }), json, { maxKeys: 6 });
const actions = fields.map((rest) => ({ ...rest, type: 'send_email' }));
/** The same value with its members in another order. */
const reordered = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(reordered)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .toReversed()
            .map(([name, of]) => [name, reordered(of)]),
        )
      : value;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= ';

describe('a receipt', () => {
  it('verifies for its action in any order of members, also after two rotations, and for no other action', async () => {
    const signers = [await signer(), await signer(), await signer()] as const;
    const [first] = signers;
    await fc.assert(
      fc.asyncProperty(fc.string(), actions, fields, json, async (prompt, action, { type: _, ...edits }, other) => {
        const effective = withEdits(action, edits);
        const claims = await claimsOf(approvalOf(prompt, action, effective), { iss: 'https://a.example', jti: ID });
        const receipt = await signReceipt(claims, first.privateKey, first.kid);
        for (const keys of [published(first), published(...signers.toReversed())]) {
          const { approved, claims: said } = await verifyReceipt(receipt, reordered(effective), keys);
          expect(approved).to.equal(true);
          expect(said).to.deep.equal(claims);
        }
        const isOther = (value: unknown): boolean =>
          JSON.stringify(reordered(value)) !== JSON.stringify(reordered(effective)) && value !== effective;
        for (const wrong of [other, { ...effective, type: 'send_mail' }, { ...effective, 'one more': 1 }, [effective]])
          if (isOther(wrong)) expect((await verifyReceipt(receipt, wrong, published(first))).approved).to.equal(false);
        const [name] = Object.keys(edits);
        if (name !== undefined && JSON.stringify(action[name as keyof typeof action]) !== JSON.stringify(edits[name]))
          expect((await verifyReceipt(receipt, action, published(first))).approved).to.equal(false);
        expect((await verifyReceipt(receipt, effective, published(signers[1]))).approved).to.equal(false);
      }),
      { numRuns: 60 },
    );
  });

  it('is none if one of its characters is another, at whatever place', async () => {
    const one = await signer();
    const action = { type: 'pay', amount: 12.5, to: 'Jürgen' };
    const claims = await claimsOf(approvalOf('Pay?', action, action), { iss: 'https://a.example', jti: ID });
    const receipt = await signReceipt(claims, one.privateKey, one.kid);
    const { approved } = await verifyReceipt(receipt, action, published(one));
    expect(approved).to.equal(true);
    for (let at = 0; at < receipt.length; at++) {
      const letter = LETTERS[(at * 7) % LETTERS.length] as string;
      const others = at >= receipt.length - 2 ? [...LETTERS] : [letter];
      for (const other of others) {
        if (other === receipt[at]) continue;
        const changed = receipt.slice(0, at) + other + receipt.slice(at + 1);
        const verdict = await verifyReceipt(changed, action, published(one));
        expect(verdict.approved, `place ${at}, ${other}`).to.equal(false);
        expect(verdict.reason).to.be.a('string');
      }
    }
    for (const changed of [`${receipt}=`, ` ${receipt}`, `${receipt}.`, receipt.slice(0, -1), ''])
      expect((await verifyReceipt(changed, action, published(one))).approved, changed.slice(-5)).to.equal(false);
  });

  it('is nothing else that the same key has signed', async () => {
    const one = await signer();
    const action = { type: 'pay' };
    const claims = await claimsOf(approvalOf('Pay?', action, action), { iss: 'https://a.example', jti: ID });
    const token = await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: one.kid })
      .sign(one.privateKey);
    expect(await verifyReceipt(token, action, published(one))).to.deep.equal({
      approved: false,
      reason: 'This was signed for another purpose, and is no receipt.',
    });
  });
});
