//! The scan as bytes: its files, the table's columns, its condition, the columns it reads, and what it makes of them.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_plan::projection::ProjectionExpr;
use datafusion_proto::physical_plan::{
    PhysicalExtensionCodec, PhysicalPlanDecodeContext, PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf;
use prost::Message;

use super::chunks::Chunks;
use super::source::{ChunkScan, ScannedFile};

/// A scan. Tags are never given to something else.
#[derive(Clone, PartialEq, Message)]
struct EncodedScan {
    #[prost(message, repeated, tag = "1")]
    files: Vec<EncodedFile>,
    #[prost(message, optional, tag = "2")]
    table: Option<protobuf::Schema>,
    #[prost(message, optional, tag = "3")]
    filter: Option<protobuf::PhysicalExprNode>,
    #[prost(uint64, repeated, tag = "4")]
    columns: Vec<u64>,
    #[prost(message, repeated, tag = "5")]
    projections: Vec<EncodedProjection>,
    #[prost(uint64, tag = "6")]
    partitions: u64,
}

#[derive(Clone, PartialEq, Message)]
struct EncodedFile {
    #[prost(string, tag = "1")]
    path: String,
    #[prost(int64, tag = "2")]
    first: i64,
    #[prost(int64, tag = "3")]
    last: i64,
    #[prost(uint64, tag = "4")]
    rows: u64,
}

#[derive(Clone, PartialEq, Message)]
struct EncodedProjection {
    #[prost(message, repeated, tag = "1")]
    expressions: Vec<protobuf::PhysicalExprNode>,
    #[prost(string, repeated, tag = "2")]
    names: Vec<String>,
}

impl ChunkScan {
    /// Writes it to bytes.
    pub(crate) fn encode(
        &self,
        bytes: &mut Vec<u8>,
        codec: &dyn PhysicalExtensionCodec,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let write = |expr: &Arc<dyn PhysicalExpr>| converter.physical_expr_to_proto(expr, codec);
        let files = self.files().iter().map(|file| {
            let Some(path) = file.path.to_str() else {
                return plan_err!("the path {} is no text", file.path.display());
            };
            Ok(EncodedFile {
                path: path.to_owned(),
                first: file.span.0,
                last: file.span.1,
                rows: file.rows,
            })
        });
        let origin = self.origin();
        let projections = origin.projections.iter().map(|projection| {
            Ok(EncodedProjection {
                expressions: projection.expr_iter().map(|expr| write(&expr)).collect::<Result<_>>()?,
                names: projection.iter().map(|part| part.alias.clone()).collect(),
            })
        });
        let encoded = EncodedScan {
            files: files.collect::<Result<_>>()?,
            table: Some(self.table().as_ref().try_into()?),
            filter: origin.filter.as_ref().map(write).transpose()?,
            columns: origin.columns.iter().map(|at| *at as u64).collect(),
            projections: projections.collect::<Result<_>>()?,
            partitions: self.partitions() as u64,
        };
        encoded
            .encode(bytes)
            .map_err(|error| DataFusionError::External(Box::new(error)))
    }

    /// Reads it from bytes, over files of which some columns may be in memory.
    pub(crate) fn decode(
        bytes: &[u8],
        chunks: &Arc<Chunks>,
        context: &TaskContext,
        codec: &dyn PhysicalExtensionCodec,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Self> {
        let encoded = EncodedScan::decode(bytes).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let context = PhysicalPlanDecodeContext::new(context, codec);
        let Some(table) = &encoded.table else {
            return plan_err!("a scan names no columns");
        };
        let table: SchemaRef = Arc::new(Schema::try_from(table)?);
        let read = |expr: &protobuf::PhysicalExprNode, schema: &Schema| {
            converter.proto_to_physical_expr(expr, schema, &context)
        };
        let files = encoded.files.iter().map(|file| ScannedFile {
            path: Arc::from(Path::new(&file.path)),
            span: (file.first, file.last),
            rows: file.rows,
        });
        let columns = encoded
            .columns
            .iter()
            .map(|at| usize::try_from(*at).unwrap_or(usize::MAX));
        let filter = encoded.filter.as_ref().map(|filter| read(filter, &table)).transpose()?;
        let mut scan = Self::new(
            chunks,
            files.collect(),
            // Who was merged with whom stands in the functions that need it.
            &Arc::default(),
            &table,
            filter.as_ref(),
            &columns.collect::<Vec<_>>(),
            usize::try_from(encoded.partitions).unwrap_or(1),
        )?;
        for projection in &encoded.projections {
            let parts = projection
                .expressions
                .iter()
                .zip(&projection.names)
                .map(|(expr, name)| {
                    Ok(ProjectionExpr {
                        expr: read(expr, scan.schema())?,
                        alias: name.clone(),
                    })
                });
            let parts = ProjectionExprs::new(parts.collect::<Result<Vec<_>>>()?);
            scan = scan.projected(&parts)?;
        }
        Ok(scan)
    }
}
