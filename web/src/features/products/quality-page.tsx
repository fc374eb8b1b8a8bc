/** How well a product works here: calls, failures, times, tokens, what was said of it, and its questions over time. */

import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { asReport } from "@/api/client";
import { qualityQuery } from "@/api/queries";
import type { ProductQuality } from "@/api/types";
import { useProject } from "@/app/project";
import { EvalHistory } from "@/features/products/eval-history";
import { Stage } from "@/features/products/stage";
import { formatInstant, formatNumber } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { callsByDay, callsTable, callsTotal, isUnused, toolsTable } from "@/lib/quality";
import { Button } from "@/ui/button";
import { Chart } from "@/ui/chart";
import { DataTable } from "@/ui/data-table";
import { Disclosure } from "@/ui/disclosure";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { Facts } from "@/ui/facts";
import { Icon } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { StatusLine } from "@/ui/status-line";

const PERIODS = [7, 30, 90];

export default function QualityPage() {
  const project = useProject();
  const { name = "" } = useParams({ strict: false });
  const [days, setDays] = useState(30);
  const quality = useQuery({ ...qualityQuery(project.id, name, days), placeholderData: (before) => before });
  usePageTitle(quality.data?.title ?? "Product");
  return (
    <div className="mx-auto w-full max-w-5xl flex-1 px-4 py-6 sm:px-6">
      <p className="text-sm">
        <Link to="/products" className="text-muted underline underline-offset-3">
          All products
        </Link>
      </p>
      {quality.isPending && <StatusLine text="Reading how it is used" />}
      {quality.isError && (
        <ErrorCard
          title="How well it works could not be read"
          error={asReport(quality.error)}
          onRetry={() => void quality.refetch()}
        />
      )}
      {quality.data && <Quality quality={quality.data} days={days} onDays={setDays} />}
    </div>
  );
}

interface QualityProps {
  quality: ProductQuality;
  days: number;
  onDays: (days: number) => void;
}

function Quality({ quality, days, onDays }: QualityProps) {
  return (
    <div className="space-y-6" data-quality={quality.product}>
      <header className="space-y-3">
        <div className="flex flex-wrap items-center gap-x-3">
          <h1 className="text-2xl font-semibold tracking-tight">{quality.title}</h1>
          <Stage stage={quality.stage} />
        </div>
        <Facts
          facts={[
            ["Looked after by", `${quality.owner}, ${quality.contact}`],
            ["In the project", quality.project],
            ["Counted", `from ${formatInstant(quality.from)} to ${formatInstant(quality.until)}; today is not over`],
          ]}
        />
        <fieldset className="flex flex-wrap items-center gap-1 text-sm text-muted">
          <legend className="sr-only">Period</legend>
          {PERIODS.map((period) => (
            <Button
              key={period}
              size="small"
              variant="ghost"
              aria-pressed={period === days}
              onClick={() => onDays(period)}
            >
              {period} days
            </Button>
          ))}
        </fieldset>
      </header>
      {quality.texts_withheld && (
        <Notice tone="neutral" icon="alert" title="Texts of runs and people are left out">
          <p className="text-sm">Seeing them needs the right run:read. The counts are complete.</p>
        </Notice>
      )}
      {isUnused(quality) ? (
        <Empty icon="bars" title="Nobody used it in this time">
          Calls by agents, by the page, over HTTP and on the command line are counted here from the first one on.
        </Empty>
      ) : (
        <Usage quality={quality} />
      )}
      <Section title="Its questions over time">
        <EvalHistory evals={quality.evals} />
      </Section>
      <Searches quality={quality} />
    </div>
  );
}

function Usage({ quality }: { quality: ProductQuality }) {
  const { totals, runs, feedback } = quality;
  const failed = totals.error + totals.denied + totals.unknown;
  return (
    <>
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        <Tile name="Calls" value={formatNumber(totals.calls)} about={callsTotal(totals)} />
        <Tile
          name="Did not work"
          value={formatNumber(failed)}
          about={totals.calls > 0 ? `${formatNumber((100 * failed) / totals.calls)}% of the calls` : ""}
        />
        <Tile
          name="Runs"
          value={formatNumber(runs.runs)}
          about={`${formatNumber(runs.failed)} failed; ${formatNumber(runs.input_tokens + runs.output_tokens)} tokens of models`}
        />
        <Tile
          name="Feedback"
          value={`${formatNumber(feedback.good)} good, ${formatNumber(feedback.bad)} bad`}
          about="by people, on runs that called it"
        />
      </dl>
      <Section title="Calls by day">
        <div className="rounded-xl border border-line bg-surface p-4">
          <Chart
            kind="column"
            data={callsByDay(quality)}
            label={`Calls of ${quality.title} by day, and those that did not work`}
            partial
          />
          <Disclosure label="The same as a table">
            <DataTable table={callsTable(quality)} />
          </Disclosure>
        </div>
      </Section>
      <Section title="Tools">
        <DataTable table={toolsTable(quality)} />
        <p className="text-xs text-muted">
          Times are of calls that worked: half of them, and 95% of them, took so long or less. Tokens are of arguments
          and results as a model reads them.
        </p>
      </Section>
      <Errors quality={quality} />
      <Said quality={quality} />
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="space-y-2">
      <h2 className="text-lg font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Tile({ name, value, about }: { name: string; value: string; about: string }) {
  return (
    <div className="rounded-xl border border-line bg-surface p-3">
      <dt className="text-xs text-muted">{name}</dt>
      <dd>
        <span className="block text-xl font-semibold tabular-nums">{value}</span>
        <span className="block text-xs text-muted">{about}</span>
      </dd>
    </div>
  );
}

function RunLink({ run, children }: { run: string; children: ReactNode }) {
  return (
    <Link to="/runs/$runId" params={{ runId: run }} className="underline underline-offset-3">
      {children}
    </Link>
  );
}

const LIST = "divide-y divide-line rounded-xl border border-line bg-surface text-sm";

function Errors({ quality }: { quality: ProductQuality }) {
  const { errors, failed_runs: runs } = quality;
  if (errors.length === 0 && runs.length === 0) return null;
  return (
    <Section title="What did not work">
      <ul className={LIST}>
        {errors.map((group) => (
          <li key={group.code ?? "unknown"} className="space-y-1 px-4 py-3">
            <p>
              <code className="font-mono text-xs">{group.code ?? "nobody saw the end"}</code>{" "}
              <span className="text-muted">
                {formatNumber(group.calls)} {group.calls === 1 ? "call" : "calls"}
              </span>
            </p>
            <ul className="space-y-1">
              {group.latest.map((example, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: several calls of a tool can fail in the same second.
                <li key={place} className="[overflow-wrap:anywhere]">
                  <span className="text-xs text-muted">
                    {formatInstant(example.at)}, {example.tool}
                    {example.run_id && (
                      <>
                        , in <RunLink run={example.run_id}>a run</RunLink>
                      </>
                    )}
                  </span>
                  <Quoted text={example.message} />
                </li>
              ))}
            </ul>
          </li>
        ))}
        {runs.map((run) => (
          <li key={run.run_id} className="space-y-1 px-4 py-3 [overflow-wrap:anywhere]">
            <p>
              <RunLink run={run.run_id}>{run.question}</RunLink> <span className="text-muted">failed</span>
            </p>
            <Quoted text={run.message} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What customers, people and systems wrote, set apart from what the page says itself. */
function Quoted({ text }: { text: string }) {
  return (
    <blockquote className="border-l-2 border-line pl-3 text-muted whitespace-pre-wrap [overflow-wrap:anywhere]">
      {text}
    </blockquote>
  );
}

function Said({ quality }: { quality: ProductQuality }) {
  const { latest } = quality.feedback;
  if (latest.length === 0) return null;
  return (
    <Section title="What people said">
      <ul className={LIST}>
        {latest.map((said) => (
          <li key={`${said.run_id} ${said.person}`} className="space-y-1 px-4 py-3">
            <p className="flex flex-wrap items-center gap-x-2">
              <Icon name={said.rating} className={said.rating === "good" ? "text-accent" : "text-bad"} />
              <span>{said.rating === "good" ? "Of use" : "Not of use"}</span>
              <span className="text-xs text-muted">
                {said.person}, {formatInstant(said.at)}, on <RunLink run={said.run_id}>a run</RunLink>
              </span>
            </p>
            <Quoted text={said.text ?? ""} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Searches({ quality }: { quality: ProductQuality }) {
  const { searches, searches_without_match: all } = quality;
  if (all === 0) return null;
  return (
    <Section title="Searches that found nothing">
      <p className="max-w-prose text-sm text-muted">
        {formatNumber(all)} in the project, whatever product they were meant for. Words of searches outside of runs are
        kept for 90 days.
      </p>
      {searches.length > 0 && (
        <ul className={LIST}>
          {searches.map((search) => (
            <li key={search.words} className="space-y-1 px-4 py-3">
              <Quoted text={search.words} />
              <p className="text-xs text-muted">
                {formatNumber(search.times)} {search.times === 1 ? "time" : "times"}, last{" "}
                {formatInstant(search.last_at)}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
