/** What the gate finds in a product: by reading now, and by running when it was checked last. */

import { useQuery } from "@tanstack/react-query";
import { asReport } from "@/api/client";
import { productCheckQuery } from "@/api/queries";
import type { CheckedProduct, Finding, ProductReport } from "@/api/types";
import { formatInstant, formatNumber } from "@/lib/format";
import { CodeBlock } from "@/ui/code-block";
import { Disclosure } from "@/ui/disclosure";
import { ErrorCard } from "@/ui/error-card";
import { Notice } from "@/ui/notice";
import { StatusLine } from "@/ui/status-line";

/** Reads the report when it is first looked at. */
export function GateReport({ product, project }: { product: string; project?: string | null | undefined }) {
  const checked = useQuery(productCheckQuery(product, project));
  if (checked.isPending) return <StatusLine text="Checking the product" />;
  if (checked.isError) {
    return (
      <ErrorCard
        title="The product could not be checked"
        error={asReport(checked.error)}
        onRetry={() => void checked.refetch()}
      />
    );
  }
  return <CheckedProductView product={product} project={project} checked={checked.data} />;
}

interface CheckedProductViewProps {
  product: string;
  /** The project that it is for; absent for a product of all. */
  project?: string | null | undefined;
  checked: CheckedProduct;
}

export function CheckedProductView({ product, project, checked }: CheckedProductViewProps) {
  const { read, last } = checked;
  const command = `hedgerow product check ${product}${project ? ` --project ${project}` : ""}`;
  return (
    <div className="space-y-4 text-sm">
      <Part title="Read now" report={read} />
      {last ? (
        <Part title={`Run ${formatInstant(last.at)}, by version ${last.program}`} report={last.report} />
      ) : (
        <p className="text-muted">Its examples, rehearsals and questions were not run here yet.</p>
      )}
      <div>
        <p className="mb-1 text-muted">This runs all of it:</p>
        <CodeBlock label="Command" text={command} />
      </div>
      <Disclosure label={`${formatNumber(read.tokens.reduce((sum, { tokens }) => sum + tokens, 0))} tokens of text`}>
        <dl className="grid grid-cols-[1fr_max-content] gap-x-4 gap-y-1 text-sm">
          {read.tokens.map(({ file, tokens }) => (
            <div key={file} className="contents">
              <dt className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{file}</dt>
              <dd className="text-right tabular-nums">{formatNumber(tokens)}</dd>
            </div>
          ))}
        </dl>
      </Disclosure>
    </div>
  );
}

function Part({ title, report }: { title: string; report: ProductReport }) {
  const wrong = report.findings.length;
  const passes = wrong === 0;
  const state = passes ? "nothing is wrong" : `${formatNumber(wrong)} ${wrong === 1 ? "thing is" : "things are"} wrong`;
  return (
    <Notice tone={passes ? "good" : "warn"} icon={passes ? "check" : "alert"} title={`${title}: ${state}`}>
      <Findings findings={report.findings} />
      {report.notes.length > 0 && (
        <>
          <p className="mt-2 font-medium">To know</p>
          <Findings findings={report.notes} />
        </>
      )}
    </Notice>
  );
}

function Findings({ findings }: { findings: Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul className="mt-2 space-y-2">
      {findings.map((finding) => (
        <li key={`${finding.check} ${finding.file} ${finding.message}`} className="[overflow-wrap:anywhere]">
          <p>
            <span className="font-medium">{finding.check}</span>{" "}
            <code className="font-mono text-xs">{finding.file}</code>: {finding.message}
          </p>
          <p className="text-muted">{finding.hint}</p>
        </li>
      ))}
    </ul>
  );
}
