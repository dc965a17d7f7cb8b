import AsyncHTTPClient
import Foundation
import NIOCore
import SparseStore

/// A cross-encoder behind the call `/rerank` of Hugging Face's text-embeddings-inference.
struct TextReranker: Sendable {
    let url: String
    let client: HTTPClient

    private struct Request: Encodable {
        var query: String
        var texts: [String]
        var truncate = true
    }

    private struct Score: Decodable {
        var index: Int
        var score: Float
    }

    private struct Refusal: Error { var status: UInt }

    /// Returns a reranker that compares a text with a field of each candidate's payload.
    func model(text: String, field: String) -> ModelReranker<String> {
        ModelReranker("rerank") { candidate in
            let payload = try candidate.payload().map { try JSONDecoder().decode(JSON.self, from: Data($0)) }
            guard case .string(let value)? = payload?.value(at: field) else { return "" }
            return value
        } model: { texts in
            var request = HTTPClientRequest(url: url + "/rerank")
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: try JSONEncoder().encode(Request(query: text, texts: texts))))
            let response = try await client.execute(request, timeout: .seconds(60))
            guard response.status == .ok else { throw Refusal(status: response.status.code) }
            let body = try await response.body.collect(upTo: 16 << 20)
            var scores = [Float](repeating: 0, count: texts.count)
            for score in try JSONDecoder().decode([Score].self, from: Data(buffer: body))
            where scores.indices.contains(score.index) {
                scores[score.index] = score.score
            }
            return scores
        }
    }
}
