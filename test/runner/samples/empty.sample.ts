describe('a spec without tests', () => undefined);
