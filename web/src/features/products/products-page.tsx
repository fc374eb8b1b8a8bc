/** The products that are installed: who looks after each, how far it is, and what it is made of. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { asReport } from "@/api/client";
import { productsQuery } from "@/api/queries";
import type { ProductInfo, ProductProblem } from "@/api/types";
import { useProject } from "@/app/project";
import { EarlyAccess } from "@/features/products/early-access";
import { GateReport } from "@/features/products/gate-report";
import { Stage } from "@/features/products/stage";
import { usePageTitle } from "@/lib/page-title";
import { Disclosure } from "@/ui/disclosure";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { Facts } from "@/ui/facts";
import { ProductIcon } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { ReportText } from "@/ui/sentence";
import { StatusLine } from "@/ui/status-line";

export default function ProductsPage() {
  const project = useProject();
  const products = useQuery(productsQuery(project.id));
  usePageTitle("Products");
  return (
    <div className="mx-auto w-full max-w-5xl flex-1 px-4 py-6 sm:px-6">
      <h1 className="text-2xl font-semibold tracking-tight">Products</h1>
      <p className="text-muted">
        What is installed, and who answers for it. What their pages are put together from is shown in the{" "}
        <Link to="/gallery" className="underline underline-offset-3">
          gallery
        </Link>
        .
      </p>
      <EarlyAccess key={project.id} project={project.id} />
      <div className="mt-6 space-y-4">
        {products.isPending && <StatusLine text="Reading the products" />}
        {products.isError && (
          <ErrorCard
            title="The products could not be read"
            error={asReport(products.error)}
            onRetry={() => void products.refetch()}
          />
        )}
        {products.data?.problems.map((problem) => (
          <Problem key={`${problem.project ?? ""} ${problem.product}`} problem={problem} />
        ))}
        {products.data?.data.length === 0 && <Empty icon="box" title="No product is installed" />}
        {products.data?.data.map((product) => (
          <ProductView key={product.name} product={product} />
        ))}
      </div>
    </div>
  );
}

/** A product whose files are not what is installed. */
function Problem({ problem }: { problem: ProductProblem }) {
  const { product, project, running_version: version, error } = problem;
  const whose = project ? ` of ${project}` : "";
  const title =
    version === undefined || version === null
      ? `The product ${product}${whose} is left out`
      : `The product ${product}${whose} goes on as it was, version ${version}`;
  return (
    <Notice tone="bad" icon="alert" title={title}>
      <ReportText report={error} />
    </Notice>
  );
}

function ProductView({ product }: { product: ProductInfo }) {
  const { name, project, version, title, stage, icon, owner, contact, docs, hosts, tools, modes, skills } = product;
  return (
    <section
      id={name}
      aria-labelledby={`title-${name}`}
      className="scroll-mt-20 space-y-3 rounded-xl border border-line bg-surface p-4"
    >
      <div className="flex flex-wrap items-center gap-x-3">
        <ProductIcon name={icon} className="text-xl text-muted" />
        <h2 id={`title-${name}`} className="text-lg font-semibold">
          {title}
        </h2>
        <Stage stage={stage} />
        <Link to="/products/$name" params={{ name }} className="text-xs text-muted underline underline-offset-3">
          How well it works
        </Link>
        <code className="font-mono text-xs text-muted">{name}</code>
      </div>
      <Facts
        facts={[
          ["Looked after by", `${owner}, ${contact}`],
          ["Documentation", docs],
          ["Reaches outside", hosts.length > 0 ? hosts.join(", ") : "nothing"],
          ...(version > 0 ? [["Version", String(version)] satisfies [string, string]] : []),
          ...(project ? [["Only in", project] satisfies [string, string]] : []),
        ]}
      />
      <Disclosure
        label={`${count(tools.length, "tool")}, ${count(modes.length, "mode")}, ${count(skills.length, "skill")}`}
      >
        <div className="space-y-4">
          <Parts
            title="Tools"
            parts={tools.map((tool) => ({
              name: tool.name,
              about: `${tool.title}. While it runs: “${tool.running}”; when it is done: “${tool.done}”.`,
            }))}
          />
          <Parts title="Modes" parts={modes.map((mode) => ({ name: mode.name, about: mode.when }))} />
          <Parts
            title="Skills for agents outside"
            parts={skills.map((skill) => ({ name: skill.name, about: skill.description }))}
          />
        </div>
      </Disclosure>
      <Check product={name} project={project} />
    </section>
  );
}

/** The report is read when somebody opens it. */
function Check({ product, project }: { product: string; project: string | null | undefined }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Disclosure label="What the gate finds" onToggle={setOpen}>
      {isOpen && <GateReport product={product} project={project} />}
    </Disclosure>
  );
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function Parts({ title, parts }: { title: string; parts: { name: string; about: string }[] }) {
  if (parts.length === 0) return null;
  return (
    <div className="text-sm">
      <h3 className="mb-1 font-medium">{title}</h3>
      <ul className="space-y-1">
        {parts.map((part) => (
          <li key={part.name} className="[overflow-wrap:anywhere]">
            <code className="font-mono text-xs">{part.name}</code> <span className="text-muted">{part.about}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
