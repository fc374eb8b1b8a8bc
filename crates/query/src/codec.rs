//! Plans as bytes, so that they could run elsewhere.
//!
//! What is `DataFusion`'s it writes itself. Of ours there are the scan and the named functions, and no others: a plan
//! with a function that is neither is refused by its name. A function takes along what it holds, a scan says which
//! files it reads; whoever runs it must reach them under the same paths.

mod functions;

use std::sync::Arc;

use datafusion::common::{Result, internal_err, plan_err};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::bytes::{
    physical_plan_from_bytes_with_extension_codec, physical_plan_to_bytes_with_extension_codec,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

use crate::scan::{ChunkScan, Chunks};

/// Writes and reads plans, whose scans share what is in memory.
#[derive(Debug)]
pub(crate) struct PlanCodec {
    chunks: Arc<Chunks>,
}

impl PlanCodec {
    pub(crate) fn new(chunks: Arc<Chunks>) -> Self {
        Self { chunks }
    }

    /// A plan as whoever got it as bytes has it.
    pub(crate) fn sent(&self, plan: &Arc<dyn ExecutionPlan>, context: &TaskContext) -> Result<Arc<dyn ExecutionPlan>> {
        let bytes = physical_plan_to_bytes_with_extension_codec(Arc::clone(plan), self)?;
        physical_plan_from_bytes_with_extension_codec(&bytes, context, self)
    }
}

impl PhysicalExtensionCodec for PlanCodec {
    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let source = node.downcast_ref::<DataSourceExec>().map(DataSourceExec::data_source);
        match source.and_then(|source| source.downcast_ref::<ChunkScan>()) {
            Some(scan) => scan.encode(bytes, self, converter),
            None => plan_err!("the operator {} can't be sent", node.name()),
        }
    }

    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if !inputs.is_empty() {
            return internal_err!("a scan has no inputs");
        }
        let scan = ChunkScan::decode(bytes, &self.chunks, context, self, converter)?;
        Ok(DataSourceExec::from_data_source(scan))
    }

    fn try_encode_udf(&self, function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
        functions::encode(function, bytes)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        match functions::decode(name, bytes)? {
            Some(function) => Ok(Arc::new(function)),
            None => plan_err!("there is no function {name:?}"),
        }
    }

    fn try_encode_udaf(&self, function: &AggregateUDF, bytes: &mut Vec<u8>) -> Result<()> {
        functions::encode_aggregate(function, bytes)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        match functions::decode_aggregate(name, bytes)? {
            Some(function) => Ok(Arc::new(function)),
            None => plan_err!("there is no aggregate function {name:?}"),
        }
    }
}

#[cfg(test)]
mod tests;
