//! Objects with their history: listed, shown, and changes taken back.

use hedgerow_agent_api::{
    Access, Activity, ActivityFilter, Actor, Object, Progress, Resource, Surface, ToolContext, UndoPlan,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ActivityId, CallId, ObjectId, ProjectId, RunId};

use crate::App;

impl App {
    /// A project's objects of a kind, or of all kinds that the caller may read, by name.
    pub async fn objects(&self, project: &ProjectId, kind: Option<&str>) -> Result<Vec<Object>> {
        self.check_kind(project, kind)?;
        self.require_project(project).await?;
        let mut objects = self.parts.objects.list(project, kind).await?;
        objects.retain(|object| self.principal.may(&Access::read_kind(&object.kind), project));
        Ok(objects)
    }

    /// One object.
    pub async fn object(&self, project: &ProjectId, id: ObjectId) -> Result<Object> {
        self.principal.check_project(project)?;
        self.require_project(project).await?;
        let object = self.parts.objects.get(project, id).await?;
        self.check(&Access::read_kind(&object.kind), Some(project))?;
        Ok(object)
    }

    /// What holds of an object now beyond what it keeps, e.g. how many people are in a cohort.
    pub async fn object_note(&self, object: &Object) -> Option<String> {
        let ctx = ToolContext {
            project: object.project.clone(),
            clock: self.clock.clone(),
            surface: Surface::Cli,
            principal: self.principal.as_ref().clone(),
            sees: self.sees(Some(&object.project)).await.ok()?,
            progress: Progress::ignore(),
        };
        self.registry(Some(&object.project)).object_note(&ctx, object).await
    }

    /// The object that somebody calls by its id or its name.
    ///
    /// # Errors
    ///
    /// `unknown_name` with the nearest names; `invalid_argument` where objects of several kinds have the name.
    pub async fn object_called(&self, project: &ProjectId, called: &str) -> Result<Object> {
        if let Ok(id) = called.parse::<ObjectId>() {
            return self.object(project, id).await;
        }
        let all = self.objects(project, None).await?;
        let mut named: Vec<&Object> = all.iter().filter(|object| object.name == called).collect();
        match (named.pop(), named.is_empty()) {
            (Some(object), true) => Ok(object.clone()),
            (Some(_), false) => Err(Error::invalid(format!("objects of several kinds are named {called:?}"))
                .with_hint("give the id; `hedgerow objects list` shows it")),
            (None, _) => Err(Error::unknown(
                "object",
                called,
                all.iter().map(|object| object.name.as_str()),
            )),
        }
    }

    /// Changes of objects of the kinds that the caller may read, newest first.
    pub async fn activity(&self, project: &ProjectId, filter: &ActivityFilter) -> Result<Vec<Activity>> {
        self.check(&Access::read(Resource::Activity), Some(project))?;
        self.check_kind(project, filter.kind.as_deref())?;
        self.require_project(project).await?;
        // The limit counts what is shown, so it comes after what is hidden is left out.
        let unlimited = ActivityFilter {
            limit: None,
            ..filter.clone()
        };
        let hides = self.principal.scopes.is_some();
        let wanted = if hides { &unlimited } else { filter };
        let mut changes = self.parts.objects.activity(project, wanted).await?;
        changes.retain(|change| self.principal.may(&Access::read_kind(&change.kind), project));
        changes.truncate(filter.limit.unwrap_or(usize::MAX));
        Ok(changes)
    }

    /// Takes one change back.
    pub async fn undo_change(&self, project: &ProjectId, change: ActivityId) -> Result<Activity> {
        self.check_undo(project, change).await?;
        let undone = self.undo(project, &[change]).await?;
        let first = undone.into_iter().next();
        first.ok_or_else(|| Error::internal(format!("change {change} changed nothing")))
    }

    /// What taking one change back would do.
    pub async fn plan_undo_change(&self, project: &ProjectId, change: ActivityId) -> Result<UndoPlan> {
        self.check_undo(project, change).await?;
        self.parts.objects.plan_undo(project, &[change]).await
    }

    /// Takes back what a run changed, or one call of it, newest first: all of it, or nothing.
    pub async fn undo_run(&self, run_id: RunId, call: Option<CallId>) -> Result<Vec<Activity>> {
        let (project, changes) = self.standing_changes(run_id, call).await?;
        self.undo(&project, &changes).await
    }

    /// What taking back what a run changed, or one call of it, would do.
    pub async fn plan_undo_run(&self, run_id: RunId, call: Option<CallId>) -> Result<UndoPlan> {
        let (project, changes) = self.standing_changes(run_id, call).await?;
        self.parts.objects.plan_undo(&project, &changes).await
    }

    /// Refuses to take back a change of what the caller may not write.
    async fn check_undo(&self, project: &ProjectId, change: ActivityId) -> Result<()> {
        self.principal.check_project(project)?;
        self.require_project(project).await?;
        let change = self.parts.objects.change(project, change).await?;
        self.check(&Access::write_kind(&change.kind), Some(project))
    }

    /// What a run changed, or one call of it, and nobody has taken back, newest first, with its project.
    async fn standing_changes(&self, run_id: RunId, call: Option<CallId>) -> Result<(ProjectId, Vec<ActivityId>)> {
        let project = self.parts.run_log.project(run_id).await?;
        self.principal.check_project(&project)?;
        let of_run = ActivityFilter {
            run: Some(run_id),
            call,
            ..ActivityFilter::default()
        };
        let changes = self.parts.objects.activity(&project, &of_run).await?;
        let mut standing = Vec::new();
        for change in &changes {
            self.check(&Access::write_kind(&change.kind), Some(&project))?;
            if !self.is_undone(change).await? {
                standing.push(change.id);
            }
        }
        if standing.is_empty() {
            let message = if changes.is_empty() {
                "it changed nothing"
            } else {
                "all of it was undone before"
            };
            // The call of a run that asked is made by the run that went on.
            let hint =
                "a call that was approved is made by a run of its own: `hedgerow activity list` shows what was changed";
            let error = Error::new(Code::NoData, format!("run {run_id} has nothing to undo: {message}"));
            return Err(error.with_hint(hint));
        }
        Ok((project, standing))
    }

    /// Whether a change was taken back, and that was not taken back in turn.
    async fn is_undone(&self, change: &Activity) -> Result<bool> {
        let (mut undone, mut undone_by) = (false, change.undone_by);
        while let Some(undoing) = undone_by {
            undone = !undone;
            undone_by = self.parts.objects.change(&change.project, undoing).await?.undone_by;
        }
        Ok(undone)
    }

    pub(crate) async fn undo(&self, project: &ProjectId, changes: &[ActivityId]) -> Result<Vec<Activity>> {
        self.require_project(project).await?;
        let objects = &self.parts.objects;
        objects.undo(project, changes, self.actor(), self.clock.now()).await
    }

    /// Who acts where no agent does.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Person {
            name: self.principal.name.clone(),
        }
    }

    /// Refuses a kind that the caller may not read, and, where none is named, a project that it does not see.
    fn check_kind(&self, project: &ProjectId, kind: Option<&str>) -> Result<()> {
        match kind {
            Some(kind) => self.check(&Access::read_kind(kind), Some(project)),
            None => self.principal.check_project(project),
        }
    }
}
