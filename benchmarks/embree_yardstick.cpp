// The yardstick of benchmarks/rays.py, closest.py and scaling.py: Embree 4 as a careful C++ programmer would use it.
//
// Idea: rays are traced in the order in which they come, in packets of 16 or one by one, by a given number of threads
// that fetch chunks of rays from one counter. No Python stands between two packets, and making the rays is not part of
// the call. Consecutive rays may share one direction (points of one sun position) or bring their own.
//
// The shared library inside the embreex wheel is used; it comes without headers, so what is needed of its interface is
// declared here. Source: Embree 4 API manual and include/embree4/rtcore_{ray,scene,device,geometry}.h, Apache-2.0,
// https://github.com/RenderKit/embree. Built and called by benchmarks/_embree_packets.py.
// Oracle: tests/test_benchmarks_yardstick.py (geometry known by hand, embreex, brute force).
//
// Units: whatever the vertices have; here metres.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

// ---- Embree 4 interface -------------------------------------------------------------------------------------------

extern "C" {
typedef struct RTCDeviceTy* RTCDevice;
typedef struct RTCSceneTy* RTCScene;
typedef struct RTCGeometryTy* RTCGeometry;

struct alignas(16) RTCRay {
    float org_x, org_y, org_z, tnear;
    float dir_x, dir_y, dir_z, time;
    float tfar;  // in: end of the ray; out: distance of the hit (intersect), -inf where blocked (occluded)
    unsigned mask, id, flags;
};

// Embree 4.1 added instPrimID behind instID; an older library leaves it alone.
struct alignas(16) RTCHit {
    float Ng_x, Ng_y, Ng_z, u, v;
    unsigned primID, geomID, instID, instPrimID;
};

struct RTCRayHit {
    RTCRay ray;
    RTCHit hit;
};

struct alignas(64) RTCRay16 {
    float org_x[16], org_y[16], org_z[16], tnear[16];
    float dir_x[16], dir_y[16], dir_z[16], time[16];
    float tfar[16];
    unsigned mask[16], id[16], flags[16];
};

struct alignas(64) RTCHit16 {
    float Ng_x[16], Ng_y[16], Ng_z[16], u[16], v[16];
    unsigned primID[16], geomID[16], instID[16], instPrimID[16];
};

struct RTCRayHit16 {
    RTCRay16 ray;
    RTCHit16 hit;
};

// RTCIntersectArguments and RTCOccludedArguments have the same members.
struct RTCArguments {
    int flags;
    unsigned feature_mask;
    void* context;
    void* filter;
    void* callback;
};

RTCDevice rtcNewDevice(const char* config);
int rtcGetDeviceError(RTCDevice device);
void rtcReleaseDevice(RTCDevice device);
RTCScene rtcNewScene(RTCDevice device);
void rtcSetSceneFlags(RTCScene scene, int flags);
void rtcSetSceneBuildQuality(RTCScene scene, int quality);
void rtcCommitScene(RTCScene scene);
void rtcReleaseScene(RTCScene scene);
RTCGeometry rtcNewGeometry(RTCDevice device, int type);
void* rtcSetNewGeometryBuffer(RTCGeometry geometry, int type, unsigned slot, int format, size_t stride, size_t count);
void rtcCommitGeometry(RTCGeometry geometry);
unsigned rtcAttachGeometry(RTCScene scene, RTCGeometry geometry);
void rtcReleaseGeometry(RTCGeometry geometry);
void rtcOccluded1(RTCScene scene, RTCRay* ray, RTCArguments* arguments);
void rtcOccluded16(const int* valid, RTCScene scene, RTCRay16* ray, RTCArguments* arguments);
void rtcIntersect1(RTCScene scene, RTCRayHit* ray, RTCArguments* arguments);
void rtcIntersect16(const int* valid, RTCScene scene, RTCRayHit16* ray, RTCArguments* arguments);
}

namespace {

constexpr int kGeometryTriangle = 0;        // RTC_GEOMETRY_TYPE_TRIANGLE
constexpr int kBufferIndex = 0;             // RTC_BUFFER_TYPE_INDEX
constexpr int kBufferVertex = 1;            // RTC_BUFFER_TYPE_VERTEX
constexpr int kFormatUint3 = 0x5003;        // RTC_FORMAT_UINT3
constexpr int kFormatFloat3 = 0x9003;       // RTC_FORMAT_FLOAT3
constexpr int kSceneRobust = 1 << 2;        // RTC_SCENE_FLAG_ROBUST
constexpr int kRayCoherent = 1 << 16;       // RTC_RAY_QUERY_FLAG_COHERENT
constexpr unsigned kAllFeatures = ~0u;      // RTC_FEATURE_FLAG_ALL
constexpr unsigned kNoGeometry = ~0u;       // RTC_INVALID_GEOMETRY_ID

constexpr int kPacket = 16;
constexpr int64_t kChunk = 4096;  // rays a thread fetches at a time: 256 packets, some 0.1 ms
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Yardstick {
    RTCDevice device;
    RTCScene scene;
};

// A run of rays; all have the direction at `direction`, or ray i has direction + 3 i where `own` is set.
struct Chunk {
    int64_t begin, end;
    const float* direction;
    bool own;
};

RTCArguments arguments_of(bool coherent) {
    return {coherent ? kRayCoherent : 0, kAllFeatures, nullptr, nullptr, nullptr};
}

const float* direction_of(const Chunk& chunk, int64_t i) { return chunk.own ? chunk.direction + 3 * i : chunk.direction; }

RTCRay ray_of(const float* origin, const Chunk& chunk, int64_t i) {
    const float* o = origin + 3 * i;
    const float* d = direction_of(chunk, i);
    return {o[0], o[1], o[2], 0.0f, d[0], d[1], d[2], 0.0f, kInfinity, ~0u, 0u, 0u};
}

// Fills lanes with rays begin, begin + 1 ...; lanes past the chunk's end repeat its last ray and are switched off.
void fill_packet(const float* origin, const Chunk& chunk, int64_t begin, RTCRay16& ray, int* valid) {
    for (int lane = 0; lane < kPacket; lane++) {
        const int64_t i = std::min(begin + lane, chunk.end - 1);
        const float* o = origin + 3 * i;
        const float* d = direction_of(chunk, i);
        valid[lane] = begin + lane < chunk.end ? -1 : 0;
        ray.org_x[lane] = o[0], ray.org_y[lane] = o[1], ray.org_z[lane] = o[2];
        ray.dir_x[lane] = d[0], ray.dir_y[lane] = d[1], ray.dir_z[lane] = d[2];
        ray.tnear[lane] = 0.0f, ray.tfar[lane] = kInfinity, ray.time[lane] = 0.0f;
        ray.mask[lane] = ~0u, ray.id[lane] = 0u, ray.flags[lane] = 0u;
    }
}

std::vector<Chunk> chunks_of(const float* direction, const int64_t* group_end, int64_t n_groups, int64_t n_rays) {
    std::vector<Chunk> chunks;
    int64_t begin = 0;
    for (int64_t g = 0; g < std::max<int64_t>(n_groups, 1); g++) {
        const bool own = n_groups == 0;
        const int64_t end = own ? n_rays : group_end[g];
        for (; begin < end; begin += kChunk) {
            chunks.push_back({begin, std::min(begin + kChunk, end), own ? direction : direction + 3 * g, own});
        }
        begin = end;
    }
    return chunks;
}

template <class Work>
void share_out(const std::vector<Chunk>& chunks, int threads, Work work) {
    std::atomic<size_t> next(0);
    auto run = [&] {
        for (size_t k; (k = next.fetch_add(1)) < chunks.size();) work(chunks[k]);
    };
    std::vector<std::thread> others;
    for (int t = 1; t < threads; t++) others.emplace_back(run);
    run();
    for (auto& thread : others) thread.join();
}

}  // namespace

// ---- what Python calls --------------------------------------------------------------------------------------------

extern "C" {

// Scene of vertex (V, 3) float32 and triangle (T, 3) uint32; quality 1 medium (Embree's default), 2 high (spatial
// splits). Returns null where Embree reports an error.
Yardstick* yardstick_build(const float* vertex, int64_t n_vertices, const uint32_t* triangle, int64_t n_triangles,
                           int robust, int quality, int threads) {
    RTCDevice device = rtcNewDevice(("threads=" + std::to_string(threads)).c_str());
    if (!device) return nullptr;
    RTCScene scene = rtcNewScene(device);
    rtcSetSceneFlags(scene, robust ? kSceneRobust : 0);
    rtcSetSceneBuildQuality(scene, quality);
    RTCGeometry geometry = rtcNewGeometry(device, kGeometryTriangle);
    void* corners = rtcSetNewGeometryBuffer(geometry, kBufferVertex, 0, kFormatFloat3, 12, n_vertices);
    void* indices = rtcSetNewGeometryBuffer(geometry, kBufferIndex, 0, kFormatUint3, 12, n_triangles);
    if (corners && indices) {
        std::memcpy(corners, vertex, 12 * n_vertices);
        std::memcpy(indices, triangle, 12 * n_triangles);
        rtcCommitGeometry(geometry);
        rtcAttachGeometry(scene, geometry);
        rtcCommitScene(scene);
    }
    rtcReleaseGeometry(geometry);
    if (rtcGetDeviceError(device) != 0) {
        rtcReleaseScene(scene);
        rtcReleaseDevice(device);
        return nullptr;
    }
    return new Yardstick{device, scene};
}

void yardstick_release(Yardstick* built) {
    rtcReleaseScene(built->scene);
    rtcReleaseDevice(built->device);
    delete built;
}

// Pairs in front of the point's plane: normal (P, 3) . direction (D, 3) > 0 in double from float. Writes the pairs' point
// and direction and returns their number; room for P * D is needed. Pairs come direction by direction, group_end (D,)
// receiving the end of each, or point by point. Preparation, not part of what is timed.
int64_t yardstick_facing(const float* normal, const float* direction, int64_t n_points, int64_t n_directions,
                         int by_point, int32_t* point_of, int32_t* direction_of, int64_t* group_end) {
    int64_t n = 0;
    const int64_t n_outer = by_point ? n_points : n_directions, n_inner = by_point ? n_directions : n_points;
    for (int64_t outer = 0; outer < n_outer; outer++) {
        for (int64_t inner = 0; inner < n_inner; inner++) {
            const int64_t p = by_point ? outer : inner, d = by_point ? inner : outer;
            const float *a = normal + 3 * p, *b = direction + 3 * d;
            point_of[n] = int32_t(p), direction_of[n] = int32_t(d);  // kept only where n moves on
            n += double(a[0]) * b[0] + double(a[1]) * b[1] + double(a[2]) * b[2] > 0.0;
        }
        if (!by_point) group_end[outer] = n;
    }
    return n;
}

// Any hit at a distance in (0, inf): blocked (R,) 0 or 1 for rays from origin (R, 3). Group g holds the rays up to
// group_end[g] and has direction (G, 3) row g; without groups (n_groups 0) direction is (R, 3).
void yardstick_occluded(Yardstick* built, const float* origin, const float* direction, const int64_t* group_end,
                        int64_t n_groups, int64_t n_rays, int packets, int coherent, int threads, uint8_t* blocked) {
    share_out(chunks_of(direction, group_end, n_groups, n_rays), threads, [&](const Chunk& chunk) {
        RTCArguments arguments = arguments_of(coherent);
        if (!packets) {
            for (int64_t i = chunk.begin; i < chunk.end; i++) {
                RTCRay ray = ray_of(origin, chunk, i);
                rtcOccluded1(built->scene, &ray, &arguments);
                blocked[i] = ray.tfar < 0.0f;
            }
            return;
        }
        RTCRay16 ray;
        alignas(64) int valid[kPacket];
        for (int64_t begin = chunk.begin; begin < chunk.end; begin += kPacket) {
            fill_packet(origin, chunk, begin, ray, valid);
            rtcOccluded16(valid, built->scene, &ray, &arguments);
            const int64_t n = std::min<int64_t>(kPacket, chunk.end - begin);
            for (int64_t lane = 0; lane < n; lane++) blocked[begin + lane] = ray.tfar[lane] < 0.0f;
        }
    });
}

// Closest hit: distance (R,) float32, inf where nothing is met, and triangle (R,) int32, -1 there. Groups as above.
void yardstick_closest(Yardstick* built, const float* origin, const float* direction, const int64_t* group_end,
                       int64_t n_groups, int64_t n_rays, int packets, int coherent, int threads, float* distance,
                       int32_t* triangle) {
    share_out(chunks_of(direction, group_end, n_groups, n_rays), threads, [&](const Chunk& chunk) {
        RTCArguments arguments = arguments_of(coherent);
        if (!packets) {
            for (int64_t i = chunk.begin; i < chunk.end; i++) {
                RTCRayHit met{ray_of(origin, chunk, i), {}};
                met.hit.geomID = met.hit.instID = kNoGeometry;
                rtcIntersect1(built->scene, &met, &arguments);
                distance[i] = met.ray.tfar;
                triangle[i] = met.hit.geomID == kNoGeometry ? -1 : int32_t(met.hit.primID);
            }
            return;
        }
        RTCRayHit16 met;
        alignas(64) int valid[kPacket];
        for (int64_t begin = chunk.begin; begin < chunk.end; begin += kPacket) {
            fill_packet(origin, chunk, begin, met.ray, valid);
            std::fill_n(met.hit.geomID, kPacket, kNoGeometry);
            std::fill_n(met.hit.instID, kPacket, kNoGeometry);
            rtcIntersect16(valid, built->scene, &met, &arguments);
            const int64_t n = std::min<int64_t>(kPacket, chunk.end - begin);
            for (int64_t lane = 0; lane < n; lane++) {
                distance[begin + lane] = met.ray.tfar[lane];
                triangle[begin + lane] = met.hit.geomID[lane] == kNoGeometry ? -1 : int32_t(met.hit.primID[lane]);
            }
        }
    });
}
}
