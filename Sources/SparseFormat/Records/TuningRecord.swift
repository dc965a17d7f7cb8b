/// The measurements of a tuning of this store (table meta, key `tuning`): recall and time of each effort, for each
/// class of queries by length; and, if they were measured, the times of searches that wait for the disk.
package struct TuningRecord: Record {
    /// One measured point.
    package struct Point: Sendable, Equatable {
        /// k of the searches.
        package var limit: UInt32
        /// The number of the class of the queries, from 0 for the shortest.
        package var queryClass: UInt8
        /// The effort, see the planner.
        package var effort: UInt8
        /// Mean recall against the exact answers, 0...1.
        package var recall: Float
        /// Mean processor time of a search, in microseconds.
        package var time: Float
        /// Mean documents scored.
        package var scored: Float

        package init(
            limit: UInt32, queryClass: UInt8 = 0, effort: UInt8, recall: Float, time: Float, scored: Float
        ) {
            self.limit = limit
            self.queryClass = queryClass
            self.effort = effort
            self.recall = recall
            self.time = time
            self.scored = scored
        }

        fileprivate var order: (UInt32, UInt8, UInt8) { (limit, queryClass, effort) }
    }

    /// The time of an effort while the store's data are on the disk.
    package struct ColdTime: Sendable, Equatable {
        /// The effort, as of a point.
        package var effort: UInt8
        /// Mean time by the clock of a search for ten documents, in microseconds.
        package var time: Float

        package init(effort: UInt8, time: Float) {
            self.effort = effort
            self.time = time
        }
    }

    package static let kind = RecordKind.tuning
    /// The version with cold times.
    package static let version: UInt8 = 3
    /// Points that a record can hold.
    package static let maximumPoints = 4_096
    /// Bounds that a record can hold.
    package static let maximumBounds = 15
    /// Cold times that a record can hold: one for each number of an effort.
    package static let maximumColdTimes = 256

    /// The commit that was measured.
    package var generation: UInt64
    /// Documents it had.
    package var documents: UInt64
    /// Sample queries.
    package var queries: UInt32
    /// The maximum number of terms of a query of each class but the last, which has no maximum. Empty for one class.
    package var bounds: [UInt32]
    /// Ascending by limit, then by class, then by effort.
    package var points: [Point]
    /// Ascending by effort; empty if they were not measured.
    package var coldTimes: [ColdTime]

    package init(
        generation: UInt64, documents: UInt64, queries: UInt32, bounds: [UInt32] = [], points: [Point],
        coldTimes: [ColdTime] = []
    ) {
        self.generation = generation
        self.documents = documents
        self.queries = queries
        self.bounds = bounds
        self.points = points
        self.coldTimes = coldTimes
    }

    /// The first version that has what the record has, so that libraries that know no cold times can read the others.
    package var version: UInt8 { coldTimes.isEmpty ? (bounds.isEmpty ? 1 : 2) : 3 }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        try self.init(body: &body, version: Self.version, flags: flags)
    }

    package init(body: inout ByteReader, version: UInt8, flags: UInt16) throws(FormatError) {
        generation = try body.u64()
        documents = try body.u64()
        queries = try body.u32()
        bounds = []
        if version > 1 {
            let count = try body.proven(UInt64(try body.u32()), elementBytes: 4, limit: Self.maximumBounds)
            for _ in 0..<count {
                let bound = try body.u32()
                guard bound > bounds.last ?? 0 else { throw FormatError(.tuningPoints, "the bounds are out of order") }
                bounds.append(bound)
            }
            guard count >= 1 || version > 2 else { throw FormatError(.tuningPoints, "there are no bounds") }
        }
        let count = try body.proven(
            UInt64(try body.u32()), elementBytes: version > 1 ? 18 : 17, limit: Self.maximumPoints)
        points = []
        points.reserveCapacity(count)
        for _ in 0..<count {
            let point = Point(
                limit: try body.u32(), queryClass: version > 1 ? try body.u8() : 0, effort: try body.u8(),
                recall: try body.f32(), time: try body.f32(), scored: try body.f32())
            guard point.limit >= 1, point.queryClass <= bounds.count, (0...1).contains(point.recall),
                point.time >= 0, point.time.isFinite, point.scored >= 0, point.scored.isFinite
            else { throw FormatError(.tuningPoints) }
            if let last = points.last, last.order >= point.order {
                throw FormatError(.tuningPoints, "the points are out of order")
            }
            points.append(point)
        }
        coldTimes = version > 2 ? try Self.coldTimes(&body) : []
    }

    private static func coldTimes(_ body: inout ByteReader) throws(FormatError) -> [ColdTime] {
        let count = try body.proven(UInt64(try body.u32()), elementBytes: 5, limit: maximumColdTimes)
        guard count >= 1 else { throw FormatError(.tuningPoints, "there are no cold times") }
        var times: [ColdTime] = []
        times.reserveCapacity(count)
        for _ in 0..<count {
            let time = ColdTime(effort: try body.u8(), time: try body.f32())
            guard time.time >= 0, time.time.isFinite else { throw FormatError(.tuningPoints) }
            if let last = times.last, last.effort >= time.effort {
                throw FormatError(.tuningPoints, "the cold times are out of order")
            }
            times.append(time)
        }
        return times
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u64(generation)
        writer.u64(documents)
        writer.u32(queries)
        if version > 1 {
            writer.u32(UInt32(bounds.count))
            for bound in bounds { writer.u32(bound) }
        }
        writer.u32(UInt32(points.count))
        for point in points {
            writer.u32(point.limit)
            if version > 1 { writer.u8(point.queryClass) }
            writer.u8(point.effort)
            writer.f32(point.recall)
            writer.f32(point.time)
            writer.f32(point.scored)
        }
        guard !coldTimes.isEmpty else { return }
        writer.u32(UInt32(coldTimes.count))
        for cold in coldTimes {
            writer.u8(cold.effort)
            writer.f32(cold.time)
        }
    }
}
