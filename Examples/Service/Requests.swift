// The bodies of requests, with the names of Qdrant's REST API.

struct SparseVectorBody: Codable, Sendable {
    var indices: [UInt32]
    var values: [Float]
}

/// The vectors of a point by name. Dense ones are refused.
struct PointBody: Decodable, Sendable {
    var id: PointID
    var vector: [String: SparseVectorBody]
    var payload: [String: JSON]?

    private enum CodingKeys: String, CodingKey { case id, vector, payload }

    init(id: PointID, vector: [String: SparseVectorBody], payload: [String: JSON]?) {
        self.id = id
        self.vector = vector
        self.payload = payload
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(PointID.self, forKey: .id)
        do {
            vector = try container.decodeIfPresent([String: SparseVectorBody].self, forKey: .vector) ?? [:]
        } catch {
            throw ServiceFailure.unsupported("vectors other than named sparse ones")
        }
        payload = try container.decodeIfPresent([String: JSON].self, forKey: .payload)
    }
}

struct UpsertBody: Decodable, Sendable {
    struct Batch: Decodable, Sendable {
        var ids: [PointID]
        var vectors: [String: [SparseVectorBody]]
        var payloads: [[String: JSON]?]?
    }

    var points: [PointBody]?
    var batch: Batch?
}

struct CollectionBody: Decodable, Sendable {
    var vectors: [String: JSON]?
    var sparseVectors: [String: SparseParameters]?
    var metadata: [String: JSON]?

    private enum CodingKeys: String, CodingKey {
        case vectors, metadata
        case sparseVectors = "sparse_vectors"
    }
}

/// How one sparse vector of a collection is searched.
struct SparseParameters: Codable, Sendable, Equatable {
    /// `idf` or nothing.
    var modifier: String?
}

/// The points that a request selects.
struct SelectorBody: Decodable, Sendable {
    var points: [PointID]?
    var filter: FilterBody?
}

struct PayloadBody: Decodable, Sendable {
    var payload: [String: JSON]?
    var keys: [String]?
    var key: String?
    var points: [PointID]?
    var filter: FilterBody?
}

/// `true`, `false`, a list of names, or `{"include": [...]}`, `{"exclude": [...]}`.
enum FieldSelection: Decodable, Sendable {
    case all(Bool)
    case include([String])
    case exclude([String])

    private struct Body: Decodable {
        var include: [String]?
        var exclude: [String]?
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let all = try? container.decode(Bool.self) {
            self = .all(all)
        } else if let names = try? container.decode([String].self) {
            self = .include(names)
        } else {
            let body = try container.decode(Body.self)
            self = body.exclude.map(FieldSelection.exclude) ?? .include(body.include ?? [])
        }
    }

    var isNothing: Bool { if case .all(false) = self { true } else { false } }
}

struct QueryBody: Decodable, Sendable {
    /// A sparse vector, `{"nearest": ...}`, or the id of a point.
    enum Question: Decodable, Sendable {
        case vector(SparseVectorBody)
        case point(PointID)

        private enum CodingKeys: String, CodingKey { case nearest, mmr }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let vector = try? container.decode(SparseVectorBody.self) {
                self = .vector(vector)
            } else if let id = try? container.decode(PointID.self) {
                self = .point(id)
            } else if let keyed = try? decoder.container(keyedBy: CodingKeys.self), keyed.contains(.nearest),
                (try? keyed.decodeNil(forKey: .mmr)) ?? true
            {
                self = try keyed.decode(Question.self, forKey: .nearest)
            } else {
                throw ServiceFailure.unsupported("queries other than a sparse vector or the id of a point")
            }
        }
    }

    struct Parameters: Decodable, Sendable { var exact: Bool? }

    /// Reranks with a model, within a deadline. This is not part of Qdrant's API.
    struct Rerank: Decodable, Sendable {
        /// The text that the model compares with the documents.
        var text: String
        /// The key of the text in the payload.
        var field: String
        var candidates: Int?
        var deadlineMilliseconds: Int?

        private enum CodingKeys: String, CodingKey {
            case text, field, candidates
            case deadlineMilliseconds = "deadline_ms"
        }
    }

    var query: Question?
    var using: String?
    var filter: FilterBody?
    var limit: Int?
    var offset: Int?
    var withPayload: FieldSelection?
    var withVector: FieldSelection?
    var scoreThreshold: Float?
    var params: Parameters?
    var prefetch: JSON?
    var rerank: Rerank?

    private enum CodingKeys: String, CodingKey {
        case query, using, filter, limit, offset, params, prefetch, rerank
        case withPayload = "with_payload"
        case withVector = "with_vector"
        case scoreThreshold = "score_threshold"
    }
}

struct QueryBatchBody: Decodable, Sendable { var searches: [QueryBody] }

struct ScrollBody: Decodable, Sendable {
    var offset: PointID?
    var limit: Int?
    var filter: FilterBody?
    var withPayload: FieldSelection?
    var withVector: FieldSelection?
    var orderBy: JSON?

    private enum CodingKeys: String, CodingKey {
        case offset, limit, filter
        case withPayload = "with_payload"
        case withVector = "with_vector"
        case orderBy = "order_by"
    }
}

struct RetrieveBody: Decodable, Sendable {
    var ids: [PointID]
    var withPayload: FieldSelection?
    var withVector: FieldSelection?

    private enum CodingKeys: String, CodingKey {
        case ids
        case withPayload = "with_payload"
        case withVector = "with_vector"
    }
}

struct CountBody: Decodable, Sendable { var filter: FilterBody? }

struct FacetBody: Decodable, Sendable {
    var key: String
    var limit: Int?
    var filter: FilterBody?
}
