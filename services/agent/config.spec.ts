import { expect } from 'chai';
import { agentConfig } from './config.ts';

const keys = { MISSIONS_KEY: 'mak_1', AGENT_API_KEYS: 'k' };

describe('the settings of the agent', () => {
  it('require both keys, and name all problems at once', () => {
    expect(() => agentConfig({ AGENT_PORT: 'x' })).to.throw(/AGENT_PORT[^]*MISSIONS_KEY[^]*AGENT_API_KEYS/);
    expect(agentConfig(keys)).to.include({
      port: 8004,
      missionsUrl: 'http://127.0.0.1:8003',
      hasModel: false,
      runs: false,
      defaultUserId: 'me',
    });
  });

  it('configure a model by a key or an address, and a name', () => {
    expect(agentConfig({ ...keys, MODEL_API_KEY: 'm', MODEL_NAME: 'n' })).to.include({
      hasModel: true,
      runs: true,
      modelProvider: 'openai',
    });
    expect(
      agentConfig({ ...keys, MODEL_BASE_URL: 'http://127.0.0.1:11434/v1', MODEL_NAME: 'n', AGENT_RUNS: 'off' }),
    ).to.include({ hasModel: true, runs: false });
    expect(() => agentConfig({ ...keys, MODEL_API_KEY: 'm' })).to.throw('MODEL_NAME is required');
    expect(() => agentConfig({ ...keys, MODEL_NAME: 'n' })).to.throw('MODEL_API_KEY');
    expect(agentConfig({ ...keys, AGENT_RUNS: 'true' })).to.include({ hasModel: false, runs: true });
  });

  it('refuse plain keys that are short or well known unless HOST is loopback', () => {
    const random = '7d0c9b5e2f1a48637d0c9b5e2f1a4863';
    const at = (HOST: string, AGENT_API_KEYS: string) => () => agentConfig({ ...keys, HOST, AGENT_API_KEYS });
    expect(at('127.0.0.1', 'k')).not.to.throw();
    expect(at('0.0.0.0', random)).not.to.throw();
    expect(at('0.0.0.0', `sha256:${'0a'.repeat(32)},${random}`)).not.to.throw();
    expect(at('0.0.0.0', `${random}, changeme`)).to.throw('AGENT_API_KEYS');
  });

  it('name a missing model together with all other problems', () => {
    expect(() => agentConfig({ AGENT_PORT: 'x', MODEL_NAME: 'n' })).to.throw(/AGENT_PORT[^]*MODEL_API_KEY/);
  });
});
