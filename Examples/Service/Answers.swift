// The bodies of responses, with the names of Qdrant's REST API.

struct Answer<Result: Encodable & Sendable>: Encodable, Sendable {
    var result: Result
    var status = "ok"
    var time: Double
}

struct UpdateAnswer: Encodable, Sendable {
    var operationID: UInt64
    var status = "completed"

    private enum CodingKeys: String, CodingKey {
        case status
        case operationID = "operation_id"
    }
}

struct PointAnswer: Encodable, Sendable {
    var id: PointID
    /// The commit that was read.
    var version: UInt64?
    var score: Float?
    var payload: [String: JSON]?
    var vector: [String: SparseVectorBody]?
    /// The contribution of each term; only in explanations.
    var contributions: [ContributionAnswer]?
}

struct ContributionAnswer: Encodable, Sendable {
    var index: UInt32
    var query: Float
    var document: Float
    var product: Float
}

struct PointsAnswer: Encodable, Sendable {
    var points: [PointAnswer]
    /// The reason why the reranker's order was not used.
    var fallback: String?
    var plan: String?
    /// The time of the store itself, in milliseconds.
    var storeMilliseconds: Double?

    private enum CodingKeys: String, CodingKey {
        case points, fallback, plan
        case storeMilliseconds = "store_ms"
    }
}

struct ScrollAnswer: Encodable, Sendable {
    var points: [PointAnswer]
    var nextPageOffset: PointID?

    private enum CodingKeys: String, CodingKey {
        case points
        case nextPageOffset = "next_page_offset"
    }
}

struct FacetsAnswer: Encodable, Sendable {
    struct Hit: Encodable, Sendable {
        var value: JSON
        var count: Int
    }

    var hits: [Hit]
}

struct CollectionsAnswer: Encodable, Sendable {
    struct Name: Encodable, Sendable { var name: String }
    var collections: [Name]
}

/// The description of a collection that Qdrant's clients expect. Settings that the store does not have are Qdrant's
/// defaults.
struct CollectionAnswer: Encodable, Sendable {
    struct Configuration: Encodable, Sendable {
        var params: Parameters
        var hnswConfig = ["m": 0, "ef_construct": 0, "full_scan_threshold": 0]
        var optimizerConfig = ["default_segment_number": 0, "flush_interval_sec": 0]
        var metadata: [String: JSON]?

        private enum CodingKeys: String, CodingKey {
            case params, metadata
            case hnswConfig = "hnsw_config"
            case optimizerConfig = "optimizer_config"
        }
    }

    struct Parameters: Encodable, Sendable {
        var vectors: [String: JSON] = [:]
        var sparseVectors: [String: SparseParameters]

        private enum CodingKeys: String, CodingKey {
            case vectors
            case sparseVectors = "sparse_vectors"
        }
    }

    var status = "green"
    var optimizerStatus = "ok"
    var pointsCount: Int
    var indexedVectorsCount: Int
    var segmentsCount: Int
    var config: Configuration
    var payloadSchema: [String: JSON] = [:]

    private enum CodingKeys: String, CodingKey {
        case status, config
        case optimizerStatus = "optimizer_status"
        case pointsCount = "points_count"
        case indexedVectorsCount = "indexed_vectors_count"
        case segmentsCount = "segments_count"
        case payloadSchema = "payload_schema"
    }
}
