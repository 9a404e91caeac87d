#define VERSION "@VERSION@"
