/// The measurements of a tuning of this store (table meta, key `tuning`): recall and time of each effort.
package struct TuningRecord: Record {
    /// One measured point.
    package struct Point: Sendable, Equatable {
        /// k of the searches.
        package var limit: UInt32
        /// The effort, see the planner.
        package var effort: UInt8
        /// Mean recall against the exact answers, 0...1.
        package var recall: Float
        /// Mean processor time of a search, in microseconds.
        package var time: Float
        /// Mean documents scored.
        package var scored: Float

        package init(limit: UInt32, effort: UInt8, recall: Float, time: Float, scored: Float) {
            self.limit = limit
            self.effort = effort
            self.recall = recall
            self.time = time
            self.scored = scored
        }
    }

    package static let kind = RecordKind.tuning
    /// Points that a record can hold.
    package static let maximumPoints = 4_096

    /// The commit that was measured.
    package var generation: UInt64
    /// Documents it had.
    package var documents: UInt64
    /// Sample queries.
    package var queries: UInt32
    /// Ascending by limit, then by effort.
    package var points: [Point]

    package init(generation: UInt64, documents: UInt64, queries: UInt32, points: [Point]) {
        self.generation = generation
        self.documents = documents
        self.queries = queries
        self.points = points
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        generation = try body.u64()
        documents = try body.u64()
        queries = try body.u32()
        let count = try body.proven(UInt64(try body.u32()), elementBytes: 17, limit: Self.maximumPoints)
        points = []
        points.reserveCapacity(count)
        for _ in 0..<count {
            let point = Point(
                limit: try body.u32(), effort: try body.u8(), recall: try body.f32(), time: try body.f32(),
                scored: try body.f32())
            guard point.limit >= 1, (0...1).contains(point.recall), point.time >= 0, point.time.isFinite,
                point.scored >= 0, point.scored.isFinite
            else { throw FormatError(.tuningPoints) }
            if let last = points.last, (last.limit, last.effort) >= (point.limit, point.effort) {
                throw FormatError(.tuningPoints, "the points are out of order")
            }
            points.append(point)
        }
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u64(generation)
        writer.u64(documents)
        writer.u32(queries)
        writer.u32(UInt32(points.count))
        for point in points {
            writer.u32(point.limit)
            writer.u8(point.effort)
            writer.f32(point.recall)
            writer.f32(point.time)
            writer.f32(point.scored)
        }
    }
}
