interface ReceiptProps {
  readonly requestId: string;
  readonly receipt: string;
  /** Not the reader's alone. */
  readonly isOthers?: boolean;
}

/** A receipt as a file, with what it proves in plain words. */
export function Receipt({ requestId, receipt, isOthers = false }: ReceiptProps) {
  return (
    <section class="receipt" aria-label="Receipt">
      <p>
        <a
          class="button"
          download={`receipt-${requestId}.jws`}
          href={`data:application/jose;charset=utf-8,${encodeURIComponent(receipt)}`}
        >
          Download the receipt
        </a>
      </p>
      <p class="quiet small">
        It proves {isOthers ? 'who' : 'that you'} approved exactly this action, when, and on which question. It is
        signed by this server: whoever is to do the action can check it, and it holds for no other action. It does not
        prove that the action was done.
      </p>
    </section>
  );
}
