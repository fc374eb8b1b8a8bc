//! The contract between those who ask about data and the engines that store and compute it.
//!
//! Plain types and traits, no engine: agent, products, surfaces and importers build against this
//! crate in seconds. Query names and shapes follow `PostHog`'s query schema; `docs/differences.md`
//! lists where we deliberately differ.

mod actors;
mod batch;
mod behavior;
mod calendar_heatmap;
mod check;
mod clock;
mod copy;
mod definitions;
mod engine;
mod event;
mod event_list;
mod explained;
mod export;
mod filter;
mod filter_fields;
mod funnels;
mod kept_query;
mod lifecycle;
mod maintenance;
mod modifiers;
mod path_cleaning;
mod paths;
mod people;
mod person_list;
mod progress;
mod provenance;
mod retention;
mod settings;
mod stickiness;
mod table;
mod taxonomy;
mod trends;
mod typed_query;

pub use actors::{ActorsCell, ActorsQuery, ActorsQueryKind, ActorsResponse, ListedActor};
pub use batch::{Dictionary, EventBatch, KeyId, PropertyColumn, RowReader, Sparse, TextColumn, Value};
pub use behavior::{Behavior, BehaviorEvents, BehaviorUnit};
pub use calendar_heatmap::{CalendarHeatmap, CalendarHeatmapQuery, CalendarHeatmapQueryKind, CalendarHeatmapResponse};
pub use check::{CheckOptions, CheckReport, Finding, Severity};
pub use clock::Clock;
pub use copy::ProjectCopy;
pub use definitions::{
    ActionDefinition, ActionStep, CohortDefinition, CohortMember, CohortMembers, Defined, Definitions, NoDefinitions,
    cohort_reference, filters_by_ids, query_by_ids,
};
pub use engine::{Data, EventStore, ProjectInfo, QueryEngine, SqlArrow, SqlQuery, SqlResponse};
pub use event::{Appended, EventRecord, EventSink, PropertyValue};
pub use event_list::{EventsQuery, EventsQueryKind, EventsResponse, ListedEvent};
pub use explained::{Explained, ExplainedPlan, PlanOperator, QueryStage};
pub use export::{Export, ExportFormat, ExportPart, ExportStream};
pub use filter::{FilterGroup, FilterNode, GroupType, Operator, PropertyFilter, PropertyType};
pub use filter_fields::{FieldKind, FieldUnit, FilterField, FilterFields, FilterList};
pub use funnels::{
    BreakdownAttribution, FunnelExclusion, FunnelOrder, FunnelResults, FunnelStep, FunnelStepReference, FunnelTimes,
    FunnelTrend, FunnelView, FunnelWindowUnit, FunnelsFilter, FunnelsQuery, FunnelsQueryKind, FunnelsResponse,
    MOST_FUNNEL_BINS, MOST_FUNNEL_EXCLUSIONS, MOST_FUNNEL_STEPS,
};
pub use kept_query::{KeptQuery, LONGEST_KEPT_QUERY, MOST_KEPT_QUERIES, QueryStore};
pub use lifecycle::{
    LifecycleFilter, LifecycleQuery, LifecycleQueryKind, LifecycleResponse, LifecycleSeries, LifecycleStatus,
};
pub use maintenance::Maintenance;
pub use modifiers::{PersonsOnEventsMode, QueryModifiers};
pub use path_cleaning::PathCleaningFilter;
pub use paths::{MOST_PATH_STEPS, PathEdge, PathEvents, PathsFilter, PathsQuery, PathsQueryKind, PathsResponse};
pub use people::{PersonDeleted, PersonInfo, PersonProperty, PersonTaxonomy};
pub use person_list::{ListedPerson, PersonsQuery, PersonsQueryKind, PersonsResponse};
pub use progress::Progress;
pub use provenance::{Provenance, ResolvedRange, Warning};
pub use retention::{
    AggregationPropertyType, DEFAULT_RETENTION_INTERVALS, EntityType, MOST_RETENTION_INTERVALS, RetentionAggregation,
    RetentionEntity, RetentionFilter, RetentionPeriod, RetentionQuery, RetentionQueryKind, RetentionResponse,
    RetentionRow, RetentionType, RetentionValue,
};
pub use settings::{QuerySettings, TimeZoneName};
pub use stickiness::{
    StickinessComputed, StickinessCriteria, StickinessFilter, StickinessOperator, StickinessQuery, StickinessQueryKind,
    StickinessResponse, StickinessSeries,
};
pub use table::{Cell, Column, LABEL_MARK, Role, Table, Unit, reference_names};
pub use taxonomy::{EventDefinition, PropertyDefinition, Taxonomy, ValueCount, ValueList, ValueType};
pub use trends::{
    Action, BREAKDOWN_NONE, BREAKDOWN_OTHER, Breakdown, BreakdownFilter, BreakdownType, CompareFilter, Compared,
    DateRange, Display, EventsNode, EventsNodeKind, FormulaNode, Interval, Math, Series, Statistic, TrendsFilter,
    TrendsQuery, TrendsQueryKind, TrendsResponse,
};
pub use typed_query::{TypedQuery, TypedResponse};
